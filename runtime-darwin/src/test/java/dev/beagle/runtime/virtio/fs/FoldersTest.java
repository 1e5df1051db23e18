package dev.beagle.runtime.virtio.fs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.runtime.virtio.fs.Handles.OpenFolder;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a guest is told of folders when it has as many nodes as it can have. */
final class FoldersTest {
  private static final int RECORD = Attributes.ENTRY_BYTES + 24 + 8;

  @TempDir private Path folder;
  private final Export export = new Export();
  private final NodeTable nodes = new NodeTable(3);
  private final Handles handles = new Handles();
  private final Folders folders = new Folders(nodes, handles);
  private final ByteBuffer out = ByteBuffer.allocate(64 * 1024).order(ByteOrder.LITTLE_ENDIAN);

  @AfterEach
  void close() {
    export.close();
  }

  private List<Long> listed() {
    List<Long> numbers = new ArrayList<>();
    out.flip();
    for (int at = 0; at < out.limit(); at += RECORD) {
      assertThat(out.getLong(at + 40)).as("inode").isPositive();
      numbers.add(out.getLong(at));
    }
    return numbers;
  }

  @Test
  void whatThereIsNoNodeForIsListedWithoutOne() throws Exception {
    for (int i = 0; i < 5; i++) {
      Files.createFile(folder.resolve("f" + i));
    }
    export.add("tree", folder, false);
    Node tree = nodes.found(export.find("tree").orElseThrow());
    OpenFolder open = folders.openFolder(tree);

    folders.list(open, 0, true, out);

    List<Long> numbers = listed();
    assertThat(numbers).hasSize(5);
    assertThat(numbers.subList(0, 2)).doesNotContain(0L).doesNotHaveDuplicates();
    assertThat(numbers.subList(2, 5)).containsOnly(0L);
    assertThatThrownBy(() ->
            nodes.found(tree, open.names().get(4), folders.statusOf(tree, open.names().get(4))))
        .isInstanceOf(Errno.class);

    nodes.forget(numbers.getFirst(), 1);
    out.clear();
    folders.list(open, 4, true, out);
    assertThat(listed()).hasSize(1).doesNotContain(0L);
  }

  @Test
  void soAreEntriesOfTheExport() throws Exception {
    for (int i = 0; i < 5; i++) {
      export.add("e" + i, Files.createFile(folder.resolve("f" + i)), false);
    }

    folders.listRoot(folders.openRoot(export), export, 0, true, out);

    List<Long> numbers = listed();
    assertThat(numbers).hasSize(5);
    assertThat(numbers.subList(0, 3)).doesNotContain(0L).doesNotHaveDuplicates();
    assertThat(numbers.subList(3, 5)).containsOnly(0L);
  }
}
