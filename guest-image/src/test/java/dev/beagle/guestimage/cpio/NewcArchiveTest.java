package dev.beagle.guestimage.cpio;

import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.guestimage.tree.FileNode;
import dev.beagle.guestimage.tree.FileTree;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

final class NewcArchiveTest {
  /** Written down from buffer-format.rst: 13 fields of 8 digits, name with zero, fillers to 4. */
  private static final String GOLDEN =
      "070701"
          + "00000001000041ED0000000000000000000000020000000000000000"
          + "000000000000000000000000000000000000000400000000dev\0\0\0"
          + "070701"
          + "00000002000021800000000000000000000000010000000000000000"
          + "000000000000000000000005000000010000000C00000000dev/console\0\0\0"
          + "070701"
          + "00000003000081A40000000000000000000000010000000000000005"
          + "000000000000000000000000000000000000000500000000file\0\0hello\0\0\0"
          + "070701"
          + "000000040000A1FF0000000000000000000000010000000000000007"
          + "000000000000000000000000000000000000000400000000lib\0\0\0usr/lib\0"
          + "070701"
          + "00000005000081ED0000000000000000000000010000000000000000"
          + "000000000000000000000000000000000000000500000000init\0\0"
          + "070701"
          + "00000000000000000000000000000000000000010000000000000000"
          + "000000000000000000000000000000000000000B00000000TRAILER!!!\0\0\0\0";

  private static FileNode.Regular file(int mode, String text) {
    return new FileNode.Regular(mode, ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
  }

  private static byte[] written(FileTree... trees) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    long bytes = NewcArchive.write(out, trees);
    assertThat(out.size()).isEqualTo((int) bytes);
    return out.toByteArray();
  }

  private static FileTree[] trees() {
    FileTree first =
        new FileTree()
            .add("lib", new FileNode.Symlink("usr/lib"))
            .add("file", file(0644, "hello"))
            .add("dev/console", new FileNode.CharacterDevice(0600, 5, 1));
    return new FileTree[] {first, new FileTree().add("init", file(0755, ""))};
  }

  @Test
  void theBytesAreThoseOfTheFormat() throws IOException {
    String text = new String(written(trees()), StandardCharsets.US_ASCII);
    assertThat(text.length() % 512).isZero();
    assertThat(text).startsWith(GOLDEN);
    assertThat(text.substring(GOLDEN.length())).containsPattern("^\0*$");
  }

  @Test
  void theSameTreesGiveTheSameBytes() throws IOException {
    assertThat(written(trees())).isEqualTo(written(trees()));
  }

  @Test
  void nothingIsAnArchiveToo() throws IOException {
    assertThat(new String(written(), StandardCharsets.US_ASCII))
        .hasSize(512)
        .startsWith("07070100000000")
        .contains("TRAILER!!!");
  }
}
