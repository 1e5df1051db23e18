package dev.beagle.guestimage.deb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.guestimage.testing.Debs;
import dev.beagle.guestimage.tree.FileNode;
import dev.beagle.guestimage.tree.FileTree;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class DebFileTest {
  private static final long LIMIT = 1 << 20;

  @TempDir Path folder;

  private FileTree read(byte[] deb) throws IOException {
    Path file = folder.resolve("crun_1_arm64.deb");
    Files.write(file, deb);
    return DebFile.read(file, _ -> true, LIMIT);
  }

  private void assertRefused(byte[] deb, String reason) {
    assertThatThrownBy(() -> read(deb))
        .isInstanceOfSatisfying(
            Failure.class, failure -> assertThat(failure.kind()).isEqualTo(FailureKind.CORRUPTED))
        .hasMessageStartingWith("package crun_1_arm64.deb")
        .hasMessageContaining(reason);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ".xz", ".zst", ".gz"})
  void filesAndLinksAreRead(String packing) throws IOException {
    FileTree tree =
        read(
            new Debs()
                .directory("./usr/bin")
                .file("./usr/bin/crun", "program")
                .special("./usr/bin/same", TarConstants.LF_LINK, "./usr/bin/crun")
                .special("./usr/bin/link", TarConstants.LF_SYMLINK, "crun")
                .build(packing));
    assertThat(tree.nodes().keySet())
        .containsExactly("usr", "usr/bin", "usr/bin/crun", "usr/bin/link", "usr/bin/same");
    for (String path : new String[] {"usr/bin/crun", "usr/bin/link", "usr/bin/same"}) {
      assertThat(tree.file(path).map(file -> StandardCharsets.UTF_8.decode(file.content())))
          .hasValueSatisfying(text -> assertThat(text.toString()).isEqualTo("program"));
    }
    assertThat(tree.find("usr/bin/link")).contains(new FileNode.Symlink("crun"));
  }

  @Test
  void onlyWhatIsWantedIsKept() throws IOException {
    Path file = folder.resolve("x.deb");
    Files.write(file, new Debs().file("./a", "1").file("./b", "2").build(".xz"));
    assertThat(DebFile.read(file, "b"::equals, LIMIT).nodes().keySet()).containsExactly("b");
  }

  @ParameterizedTest
  @ValueSource(strings = {"../etc/passwd", "./usr/../../etc/passwd", "/etc/passwd", "a//b"})
  void pathsThatLeadElsewhereAreRefused(String path) {
    assertRefused(new Debs().file(path, "x").build(".xz"), "leads elsewhere");
  }

  @Test
  void whatIsNoFileIsRefused() {
    for (byte type : new byte[] {TarConstants.LF_CHR, TarConstants.LF_BLK, TarConstants.LF_FIFO}) {
      assertRefused(new Debs().special("./dev/x", type, "").build(".xz"), "is no file or link");
    }
  }

  @Test
  void hardLinksLeadToWhatCameBefore() {
    assertRefused(
        new Debs().special("./a", TarConstants.LF_LINK, "./b").file("./b", "x").build(".xz"),
        "a links to b, which is not there");
  }

  @Test
  void aFileTwiceIsRefused() {
    assertRefused(new Debs().file("./a", "1").file("./a", "2").build(".xz"), "a is there twice");
  }

  /** A few kilobytes that are a gigabyte: of a file, and of nothing that is wanted. */
  @Test
  void whatUnpacksToMoreThanItMayIsRefused() throws IOException {
    byte[] large = new byte[(int) LIMIT + 1];
    byte[] deb = new Debs().file("./large", large).build(".xz");
    assertThat(deb.length).isLessThan(10_000);
    assertRefused(deb, "bytes");
    Path file = folder.resolve("y.deb");
    Files.write(file, deb);
    assertThatThrownBy(() -> DebFile.read(file, _ -> false, LIMIT))
        .hasMessageContaining("it unpacks to more than 1048576 bytes");
  }

  @Test
  void whatIsNoPackageIsRefused() throws IOException {
    assertRefused(new byte[0], "");
    assertRefused("<html>not found</html>".getBytes(StandardCharsets.UTF_8), "");
    assertRefused(Debs.ar("other", "2.0\n"), "it does not begin with debian-binary");
    assertRefused(Debs.ar("debian-binary", "3.0\n"), "its format is \"3.0\", known is 2.0");
    assertRefused(Debs.ar("debian-binary", "2.0\n", "control.tar", ""), "it has no data.tar");
  }

  @Test
  void anUnknownPackingIsNamed() throws IOException {
    Path file = folder.resolve("z.deb");
    Files.write(file, Debs.ar("debian-binary", "2.0\n", "data.tar.lzma", "x"));
    assertThatThrownBy(() -> DebFile.read(file, _ -> true, LIMIT))
        .isInstanceOfSatisfying(
            Failure.class, failure -> assertThat(failure.kind()).isEqualTo(FailureKind.UNSUPPORTED))
        .hasMessageContaining("data compressed as \".lzma\" is not read");
  }

  @Test
  void damagedPackagesAreRefusedOrReadAndNothingElse() throws IOException {
    for (String packing : new String[] {"", ".xz", ".gz"}) {
      byte[] good = new Debs().directory("./d").file("./d/f", "content".repeat(99)).build(packing);
      Random random = new Random(11);
      for (int i = 0; i < 400; i++) {
        byte[] damaged = good.clone();
        damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
        readOrRefuse(damaged);
        readOrRefuse(Arrays.copyOf(good, random.nextInt(good.length)));
      }
    }
  }

  private void readOrRefuse(byte[] deb) throws IOException {
    try {
      read(deb);
    } catch (Failure refused) {
      assertThat(refused.kind()).isIn(FailureKind.CORRUPTED, FailureKind.UNSUPPORTED);
    }
  }
}
