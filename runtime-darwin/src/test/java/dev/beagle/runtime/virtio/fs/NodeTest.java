package dev.beagle.runtime.virtio.fs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

final class NodeTest {
  @TempDir private Path folder;

  private static byte[] name(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  @Timeout(10)
  void foldersThatWereMovedIntoEachOtherHaveNoWayToThem() throws Exception {
    try (Export export = new Export()) {
      export.add("entry", folder, false);
      Export.Entry entry = export.find("entry").orElseThrow();
      Node top = new Node(1, new Node.Key(entry, 1, 1), null, name("entry"));
      Node upper = new Node(2, new Node.Key(entry, 1, 2), top, name("upper"));
      Node lower = new Node(3, new Node.Key(entry, 1, 3), upper, name("lower"));
      upper.moveTo(lower, name("upper"));
      assertThatThrownBy(() -> lower.inside(inside -> inside))
          .isInstanceOfSatisfying(
              Errno.class, errno -> assertThat(errno.number()).isEqualTo(Errno.ESTALE));
    }
  }
}
