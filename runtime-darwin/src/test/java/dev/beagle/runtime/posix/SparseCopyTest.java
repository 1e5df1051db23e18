package dev.beagle.runtime.posix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SparseCopyTest {
  private static final long SIZE = 64L << 30;

  @TempDir private Path folder;

  private Path sparse(Map<Long, String> parts, long size) throws IOException {
    Path file = folder.resolve("source");
    try (FileChannel out =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      for (Map.Entry<Long, String> part : parts.entrySet()) {
        out.write(ByteBuffer.wrap(part.getValue().getBytes(StandardCharsets.UTF_8)), part.getKey());
      }
      if (size > out.size()) {
        out.write(ByteBuffer.allocate(1), size - 1);
      }
    }
    return file;
  }

  private static String read(Path file, long at, int length) throws IOException {
    try (FileChannel in = FileChannel.open(file)) {
      ByteBuffer bytes = ByteBuffer.allocate(length);
      in.read(bytes, at);
      return new String(bytes.array(), StandardCharsets.UTF_8);
    }
  }

  @Test
  void whatWasWrittenIsCopiedAndHolesStay() throws IOException {
    Path source = sparse(Map.of(0L, "begin", 10L << 30, "middle", (60L << 30) + 5, "late"), SIZE);
    Path target = folder.resolve("target");
    SparseCopy.copy(source, target);
    assertThat(Files.size(target)).isEqualTo(SIZE);
    assertThat(read(target, 0, 5)).isEqualTo("begin");
    assertThat(read(target, 10L << 30, 6)).isEqualTo("middle");
    assertThat(read(target, (60L << 30) + 5, 4)).isEqualTo("late");
    assertThat(read(target, 20L << 30, 2)).isEqualTo("\0\0");
    assertThat(FolderUsage.measure(folder).usedBytes()).isLessThan(1 << 20);
  }

  @Test
  void filesWithoutHolesOrBytesAreFilesToo() throws IOException {
    Path target = folder.resolve("target");
    SparseCopy.copy(sparse(Map.of(0L, "all of it"), 0), target);
    assertThat(target).hasContent("all of it");
    Path empty = Files.createFile(folder.resolve("empty"));
    SparseCopy.copy(empty, folder.resolve("other"));
    assertThat(folder.resolve("other")).isEmptyFile();
  }

  @Test
  void nothingIsOverwritten() throws IOException {
    Path source = sparse(Map.of(0L, "x"), 0);
    assertThatThrownBy(() -> SparseCopy.copy(source, source))
        .isInstanceOf(FileAlreadyExistsException.class);
  }
}
