package dev.beagle.image.erofs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.image.testing.TarBuilder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ErofsWriterTest {
  private static final String PLAIN_DIRECTORY = "DIRECTORY 755 0:0 0.000000000 nlink ";
  private static final String WHITEOUT = "CHARACTER_DEVICE 0 0:0 0.000000000 nlink 1 device 0:0";
  private static final String OPAQUE = " trusted.overlay.opaque=79";
  private static final String ORIGIN = " trusted.overlay.origin=";
  private static final String IMPLIED = " trusted.overlay.beagle.implied=";
  private static final String IMPLIES = " trusted.overlay.beagle.implies=";

  @TempDir Path folder;
  private final TarBuilder tar = new TarBuilder();

  @Test
  void emptyArchiveIsARootOfRoot() {
    assertThat(tree()).containsExactly(Map.entry("/", PLAIN_DIRECTORY + "2"));
  }

  @Test
  void rootTakesItsAttributesFromTheArchive() {
    tar.owner(5, 6).mode(01777).mtime(-3).xattr("user.x", new byte[] {1}).directory("./");
    assertThat(tree())
        .containsExactly(Map.entry("/", "DIRECTORY 1777 5:6 -3.000000000 nlink 2 user.x=01"));
  }

  @Test
  void missingParentsAreMadeAndMarked() {
    tar.file("/a/./b//c", "x");
    assertThat(tree())
        .containsEntry("/", PLAIN_DIRECTORY + "3" + IMPLIED + IMPLIES)
        .containsEntry("/a", PLAIN_DIRECTORY + "3" + IMPLIED + IMPLIES)
        .containsEntry("/a/b", PLAIN_DIRECTORY + "2" + IMPLIED)
        .containsEntry("/a/b/c", "REGULAR 644 0:0 0.000000000 nlink 1 content 78");
  }

  @Test
  void directoryOverDirectoryChangesAttributesOnly() {
    tar.file("d/f", "x").mode(0700).directory("d/").directory("e").mode(0711).directory("e/.");
    assertThat(tree())
        .containsEntry("/d", "DIRECTORY 700 0:0 0.000000000 nlink 2")
        .containsEntry("/e", "DIRECTORY 711 0:0 0.000000000 nlink 2")
        .containsKey("/d/f");
  }

  @Test
  void laterEntriesReplaceEarlierOnes() {
    tar.file("f", "old").file("f", "new").file("d/inside", "").symlink("d", "f").file("s", "");
    tar.directory("s").file("s/below", "");
    assertThat(tree().keySet()).containsExactly("/", "/d", "/f", "/s", "/s/below");
    assertThat(tree().get("/f")).endsWith("content 6e6577");
  }

  @Test
  void aWhiteoutIsOneByItsNameWhateverItsType() {
    tar.directory(".wh.gone/").symlink(".wh.left", "x").directory("d").directory("d/.wh..wh..opq");
    assertThat(tree())
        .containsOnlyKeys("/", "/d", "/gone", "/left")
        .containsEntry("/gone", WHITEOUT)
        .containsEntry("/left", WHITEOUT)
        .containsEntry("/d", PLAIN_DIRECTORY + "2" + OPAQUE);
  }

  @Test
  void pathsThroughLinksWithoutEndAreRefused() {
    String detour = "./".repeat(2040);
    tar.directory("d").symlink("l0", detour + "d");
    for (int link = 1; link < 40; link++) {
      tar.symlink("l" + link, detour + "l" + (link - 1));
    }
    for (int again = 0; again < 400; again++) {
      tar.directory("l39/x").directory("./l39/x");
    }
    assertThatThrownBy(this::tree)
        .isInstanceOfSatisfying(
            Failure.class, failure -> assertThat(failure.kind()).isEqualTo(FailureKind.EXHAUSTED))
        .hasMessageContaining("l39/x: the layer's paths run through symbolic links");
  }

  @Test
  void hardLinksToOtherLayersAreRefusedWithTheWayOut() {
    tar.hardLink("d/link", "usr/bin/elsewhere");
    assertThatThrownBy(this::tree)
        .hasMessageContaining("layer entry d/link: it is a hard link to usr/bin/elsewhere")
        .hasMessageContaining("build the layer with the file itself");
  }

  @Test
  void hardLinksShareAnInodeAndOutliveTheirFirstName() {
    tar.file("a", "x").hardLink("b", "a").hardLink("./c", "/b").hardLink("b", "a").file("a", "y");
    Map<String, String> tree = tree();
    assertThat(tree.get("/b")).isEqualTo(tree.get("/c")).endsWith("nlink 2 content 78");
    assertThat(tree.get("/a")).endsWith("nlink 1 content 79");
  }

  @Test
  void symbolicLinksOfTheLayerAreFollowedBelowItsRoot() {
    tar.symlink("lib", "usr/lib").symlink("up", "../../../etc").file("lib/so", "s");
    tar.file("up/passwd", "p").symlink("abs", "/var/x").file("abs/y", "z");
    assertThat(tree().keySet())
        .contains("/usr/lib/so", "/etc/passwd", "/var/x/y")
        .doesNotContain("/lib/so");
  }

  @Test
  void whiteoutsBecomeThoseOfOverlayfs() {
    tar.file("d/.wh.gone", "").file("e/.wh..wh..opq", "").file("e/kept", "");
    tar.file(".wh..wh.plnk", "").directory("d");
    assertThat(tree())
        .containsEntry("/d/gone", WHITEOUT)
        .containsEntry("/d", PLAIN_DIRECTORY + "2" + ORIGIN)
        .containsEntry("/e", PLAIN_DIRECTORY + "2" + OPAQUE + IMPLIED)
        .containsOnlyKeys("/", "/d", "/d/gone", "/e", "/e/kept");
  }

  @Test
  void whiteoutHidesOnlyWhatLowerLayersHave() {
    tar.directory("a").file(".wh.a", "").file(".wh.b", "").file("b/f", "").file("c", "c");
    tar.file(".wh.c", "").file(".wh.d", "").directory("d");
    assertThat(tree())
        .containsEntry("/a", PLAIN_DIRECTORY + "2" + OPAQUE)
        .containsEntry("/b", PLAIN_DIRECTORY + "2" + OPAQUE)
        .containsEntry("/d", PLAIN_DIRECTORY + "2" + OPAQUE)
        .containsEntry("/", PLAIN_DIRECTORY + "5");
    assertThat(tree().get("/c")).startsWith("REGULAR");
  }

  @Test
  void devicesKeepTheirNumbersAndLinksTheirTargets() {
    tar.device('3', "null", 1, 3).device('4', "big", 259, 70000).fifo("p").mode(0600);
    tar.symlink("l", "x".repeat(4095));
    assertThat(tree())
        .containsEntry("/null", "CHARACTER_DEVICE 644 0:0 0.000000000 nlink 1 device 1:3")
        .containsEntry("/big", "BLOCK_DEVICE 644 0:0 0.000000000 nlink 1 device 259:70000")
        .containsEntry("/p", "FIFO 644 0:0 0.000000000 nlink 1")
        .containsEntry("/l", "SYMBOLIC_LINK 777 0:0 0.000000000 nlink 1 to " + "x".repeat(4095));
  }

  @Test
  void longLinkBehindXattrsHasABlockOfItsOwn() {
    tar.xattr("security.selinux", new byte[23]).symlink("l", "x".repeat(4090));
    tar.xattr("security.selinux", new byte[23]).hardLink("m", "l");
    assertThat(tree().get("/m")).isEqualTo(tree().get("/l")).contains("x".repeat(4090));
  }

  @Test
  void attributesThatSteerOverlayfsAreDropped() {
    tar.xattr("trusted.overlay.redirect", new byte[] {'/'})
        .xattr("user.overlay.opaque", new byte[1])
        .xattr("user.ok", new byte[] {7})
        .xattr("system.nfs4_acl", new byte[1])
        .xattr("trusted.mine", new byte[0])
        .xattr("system.posix_acl_access", new byte[] {2})
        .directory("d");
    assertThat(tree().get("/d"))
        .isEqualTo(PLAIN_DIRECTORY + "2 system.posix_acl_access=02 trusted.mine= user.ok=07");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2047, 2048, 2049, 4095, 4096, 4097, 8192, 1_048_577})
  void contentOfAnySizeComesBack(int size) {
    byte[] content = new byte[size];
    new Random(size).nextBytes(content);
    tar.file("before", "b").xattr("user.x", new byte[] {1}).file(new byte[] {'f'}, content);
    tar.file("after", "a");
    Path image = TestImages.write(folder.resolve("i"), tar.build());
    try (ErofsReader reader = ErofsReader.open(image)) {
      ErofsInode inode = reader.find("/f").orElseThrow();
      assertThat(reader.readFile(inode, 2 << 20)).isEqualTo(content);
      ByteBuffer part = ByteBuffer.allocate(100);
      int read = reader.read(inode, Math.max(0, size - 50), part);
      assertThat(Arrays.copyOf(part.array(), read))
          .isEqualTo(Arrays.copyOfRange(content, Math.max(0, size - 50), size));
      assertThat(read).isEqualTo(Math.min(size, 50));
    }
  }

  @Test
  void smallFilesBeyondTheBudgetTakeABlock() {
    tar.file("a", "1".repeat(1000)).file("b", "2".repeat(1000)).file("c", "3".repeat(20));
    Path image =
        TestImages.write(folder.resolve("i"), tar.build(), new ErofsLimits(1 << 20, 1500, 1 << 20));
    assertThat(TestImages.tree(image).get("/b")).endsWith("32".repeat(1000));
  }

  @Test
  void holesStayHoles() throws IOException {
    tar.pax("GNU.sparse.size", "10000000000").pax("GNU.sparse.map", "0,1,9999999998,2");
    tar.file("s", "abc");
    tar.pax("GNU.sparse.size", "9000").pax("GNU.sparse.map", "9000,0").file("hole", "");
    tar.pax("GNU.sparse.size", "3").pax("GNU.sparse.map", "0,3").file("full", "abc");
    Path image = TestImages.write(folder.resolve("i"), tar.build());
    assertThat(Files.size(image)).isLessThan(5 << 20);
    try (ErofsReader reader = ErofsReader.open(image)) {
      ErofsInode sparse = reader.find("s").orElseThrow();
      assertThat(sparse.size()).isEqualTo(10_000_000_000L);
      ByteBuffer end = ByteBuffer.allocate(4);
      reader.read(sparse, 9_999_999_996L, end);
      assertThat(end.array()).containsExactly(0, 0, 'b', 'c');
      reader.read(sparse, 0, end.clear());
      assertThat(end.array()).containsExactly('a', 0, 0, 0);
      assertThat(reader.readFile(reader.find("hole").orElseThrow(), 9000)).containsOnly(0);
      assertThat(reader.readFile(reader.find("full").orElseThrow(), 3))
          .isEqualTo("abc".getBytes(StandardCharsets.UTF_8));
    }
  }

  @Test
  void directoriesOfManyBlocksAreSearchable() {
    for (int i = 0; i < 3000; i++) {
      tar.file("d/" + "!-".charAt(i % 2) + "n".repeat(i % 250) + i, "");
    }
    assertThat(tree()).hasSize(3002);
  }

  @Test
  void deepTreesDoNotTouchTheStack() throws IOException {
    for (int i = 0; i < 20; i++) {
      tar.file("d/".repeat(2000) + i, "");
    }
    Path image = TestImages.write(folder.resolve("i"), tar.build());
    try (ErofsReader reader = ErofsReader.open(image)) {
      assertThat(reader.find("d/".repeat(2000) + "19")).isPresent();
    }
  }

  @Test
  void sameArchiveGivesSameBytes() throws IOException {
    for (int i = 0; i < 500; i++) {
      tar.xattr("user.b", new byte[3]).xattr("user.a", new byte[i]).file("f" + i, "c" + i);
    }
    Path first = TestImages.write(folder.resolve("1"), tar.build());
    Path second = TestImages.write(folder.resolve("2"), tar.build());
    assertThat(Files.mismatch(first, second)).isEqualTo(-1);
    assertThat(Files.size(first) % (64 << 10)).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"../x", "a/../b", "..", "a/..", ".wh.", ".wh..", ".wh...", "f/below"})
  void pathsThatLeaveOrMakeNoSenseAreRefused(String path) {
    assertRefused(tar.file("f", "").file(path, ""), path);
  }

  @Test
  void followingALinkDoesNotAllowDotsBehindIt() {
    assertRefused(tar.symlink("lib", "usr/lib").file("lib/../x", ""), "\"..\"");
  }

  @Test
  void namesBeyond255BytesAreRefused() {
    assertRefused(tar.file("n".repeat(256), ""), "256 bytes");
  }

  @Test
  void rootIsADirectory() {
    assertRefused(tar.symlink("./", "/etc"), "root directory");
  }

  @Test
  void hardLinkNeedsItsTargetInTheLayer() {
    assertRefused(tar.hardLink("h", "missing"), "not in the layer");
    assertRefused(new TarBuilder().directory("d").hardLink("h", "d"), "the directory d");
    assertRefused(new TarBuilder().hardLink("h", "../x"), "\"..\"");
  }

  @Test
  void circlesOfLinksAreRefused() {
    assertRefused(tar.symlink("a", "b").symlink("b", "a").file("a/x", ""), "40 symbolic links");
  }

  @Test
  void ownersAndDevicesMustBeRepresentable() {
    assertRefused(tar.owner(-1, 0).file("f", ""), "owner");
    assertRefused(new TarBuilder().device('3', "d", 5000, 0), "device number");
    assertRefused(new TarBuilder().symlink("l", ""), "target");
  }

  @Test
  void treeBeyondItsMemoryIsRefusedByName() {
    for (int i = 0; i < 1000; i++) {
      tar.file("f" + i, "");
    }
    ErofsLimits small = new ErofsLimits(10_000, 0, 1 << 20);
    assertThatThrownBy(() -> TestImages.write(folder.resolve("i"), tar.build(), small))
        .isInstanceOfSatisfying(
            Failure.class, failure -> assertThat(failure.kind()).isEqualTo(FailureKind.EXHAUSTED));
  }

  @Test
  void endlessHolesAreRefusedByName() {
    tar.pax("GNU.sparse.size", "99999999999999999").pax("GNU.sparse.map", "0,1").file("s", "a");
    ErofsLimits small = new ErofsLimits(100_000, 0, 1 << 20);
    assertThatThrownBy(() -> TestImages.write(folder.resolve("i"), tar.build(), small))
        .isInstanceOfSatisfying(
            Failure.class, failure -> assertThat(failure.kind()).isEqualTo(FailureKind.EXHAUSTED));
  }

  @Test
  void imageBeyondItsLimitIsRefusedByName() {
    tar.file(new byte[] {'f'}, new byte[3 << 20]);
    ErofsLimits small = new ErofsLimits(1 << 20, 0, 1 << 20);
    assertThatThrownBy(() -> TestImages.write(folder.resolve("i"), tar.build(), small))
        .isInstanceOf(Failure.class)
        .hasMessageContaining("larger than 1 MiB");
  }

  private void assertRefused(TarBuilder archive, String reason) {
    assertThatThrownBy(() -> TestImages.write(folder.resolve("i"), archive.build()))
        .isInstanceOfSatisfying(
            Failure.class, failure -> assertThat(failure.kind()).isEqualTo(FailureKind.CORRUPTED))
        .hasMessageContaining(reason);
  }

  private Map<String, String> tree() {
    return TestImages.tree(TestImages.write(folder.resolve("image"), tar.build()));
  }
}
