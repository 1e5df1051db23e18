package dev.beagle.image.layer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.image.testing.DebianRoot;
import dev.beagle.image.testing.HostCommands;
import dev.beagle.image.testing.TarBuilder;
import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Our images as the kernel shows them, against what umoci unpacks from the same archives. */
@Tag("root")
class LayerTreeIT {
  private static final byte[] CAPABILITY = {
    1, 0, 0, 2, 0, 32, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
  };

  private final Path folder;
  private final HostCommands commands;
  private final LayerStore store;

  LayerTreeIT(@TempDir Path folder) throws IOException {
    this.folder = folder;
    this.commands = new HostCommands(folder);
    this.store = LayerStore.open(folder.resolve("layers"));
  }

  @Test
  void debianRootMountedFromItsFileEqualsUmoci() throws Exception {
    commands.assumeFileMountsPossible();
    HostCommands.assumeInstalled("umoci", "fsck.erofs");
    Path tar = DebianRoot.tar(commands);
    Path image = convert(tar);
    List<String> ours = commands.kernelTree("file", List.of(image));
    assertThat(ours).hasSizeGreaterThan(10_000);
    assertThat(ours).isEqualTo(commands.umociTree(List.of(tar)));
    assertAccepted(image);
  }

  @Test
  void debianRootGivesTheSameBytesTwice() throws Exception {
    HostCommands.assumeInstalled("mmdebstrap");
    Path tar = DebianRoot.tar(commands);
    Path first = convert(tar);
    LayerStore other = LayerStore.open(folder.resolve("other"));
    try (InputStream in = Files.newInputStream(tar)) {
      Path second = other.convert(in, store.list().getFirst().diffId()).file();
      assertThat(Files.mismatch(first, second)).isEqualTo(-1);
    }
  }

  @Test
  void oddEntriesMountedByLoopFromTmpfsEqualUmoci() throws Exception {
    commands.assumeMountsPossible();
    HostCommands.assumeInstalled("umoci", "fsck.erofs");
    Path tar = oddEntries();
    Path image = convert(tar);
    assertThat(commands.kernelTree("loop-on-tmpfs", List.of(image)))
        .isEqualTo(commands.umociTree(List.of(tar)));
    assertAccepted(image);
  }

  @Test
  void layersWithDeletionsEqualUmociThroughOverlayfs() throws Exception {
    commands.assumeFileMountsPossible();
    HostCommands.assumeInstalled("umoci");
    List<Path> tars = List.of(lowerLayer(), upperLayer());
    List<Path> images = List.of(convert(tars.get(0)), convert(tars.get(1)));
    List<String> ours = commands.kernelTree("overlay", images);
    assertThat(ours).isEqualTo(commands.umociTree(tars));
    assertThat(ours).noneMatch(line -> line.contains("ghost") || line.contains("hidden"));
    for (Path image : images) {
      assertAccepted(image);
    }
  }

  @Test
  void directoriesThatLayersLeaveOutEqualUmociThroughOverlayfs() throws Exception {
    commands.assumeFileMountsPossible();
    HostCommands.assumeInstalled("umoci");
    List<Path> tars =
        List.of(describing(), leavingOut("middle"), leavingOut("top"), describingOneAnew());
    List<Path> images = new ArrayList<>();
    List<String> diffIds = new ArrayList<>();
    for (Path tar : tars) {
      try (InputStream in = Files.newInputStream(tar)) {
        ErofsLayer layer = store.convert(in, null);
        images.add(layer.file());
        diffIds.add(layer.diffId());
      }
    }
    byte[] completion = store.impliedDirectories(diffIds).orElseThrow();
    assertThat(store.impliedDirectories(diffIds)).contains(completion);
    ErofsLayer top = store.convert(new ByteArrayInputStream(completion), null);
    images.add(top.file());
    diffIds.add(top.diffId());
    assertAccepted(top.file());
    assertThat(commands.kernelTree("overlay", images)).isEqualTo(commands.umociTree(tars));
    assertThat(store.impliedDirectories(diffIds)).isEmpty();
  }

  /** As containerd 2.4.2 unpacks these two with its overlayfs snapshotter. */
  @Test
  void aDirectoryThatALayerLeavesOutHidesALinkAndLooksAsItsTarget() throws Exception {
    commands.assumeFileMountsPossible();
    HostCommands.assumeInstalled("umoci");
    TarBuilder lower = new TarBuilder().mtime(10).directory("usr").mtime(11).owner(3, 4);
    lower.mode(0711).directory("usr/lib").file("usr/lib/a", "a").mtime(12).mode(0700);
    lower.directory("usr/lib/sub").symlink("lib", "usr/lib").mtime(13).directory("./");
    TarBuilder upper = new TarBuilder().file("lib/x", "x").file("lib/sub/y", "y").mtime(14);
    upper.directory("./");
    TarBuilder seen = new TarBuilder().mtime(10).directory("usr").mtime(11).owner(3, 4);
    seen.mode(0711).directory("usr/lib").file("usr/lib/a", "a").mtime(12).mode(0700);
    seen.directory("usr/lib/sub").file("lib/x", "x").file("lib/sub/y", "y").mtime(12).mode(0700);
    seen.directory("lib/sub").mtime(11).owner(3, 4).mode(0711).directory("lib").mtime(14);
    seen.directory("./");
    List<Path> images = new ArrayList<>();
    List<String> diffIds = new ArrayList<>();
    for (byte[] tar : List.of(lower.build(), upper.build())) {
      ErofsLayer layer = store.convert(new ByteArrayInputStream(tar), null);
      images.add(layer.file());
      diffIds.add(layer.diffId());
    }
    byte[] completion = store.impliedDirectories(diffIds).orElseThrow();
    images.add(store.convert(new ByteArrayInputStream(completion), null).file());
    assertThat(commands.kernelTree("overlay", images))
        .isEqualTo(commands.umociTree(List.of(write("seen.tar", seen))));
  }

  private Path describing() throws IOException {
    TarBuilder tar = new TarBuilder().mtime(10).directory("./");
    tar.mtime(11).owner(1000, 1001).mode(01777).directory("work");
    tar.mtime(12).owner(7, 8).mode(0700).xattr("user.note", new byte[] {0, 1, (byte) 0xff});
    tar.pax("mtime", "-7.25").directory("work/" + "long".repeat(40));
    tar.mtime(13).mode(02750).directory("anew").mtime(14).mode(0711).directory("untouched");
    tar.mtime(15).owner(9, 9).directory("hidden").mtime(16).directory("was-file");
    return write("describing.tar", tar);
  }

  /** Files deep in directories that have no entries. */
  private Path leavingOut(String name) throws IOException {
    TarBuilder tar = new TarBuilder().mtime(20);
    tar.file("work/" + "long".repeat(40) + "/" + name, name).mtime(21).file("anew/" + name, name);
    tar.mtime(22).file("only-" + name + "/f", name).mtime(23).file("hidden/" + name, name);
    tar.mtime(24).directory("only-" + name).mtime(25).directory("./");
    return write(name + ".tar", tar);
  }

  private Path describingOneAnew() throws IOException {
    TarBuilder tar = new TarBuilder().mtime(30).mode(0555).directory("anew");
    tar.mtime(31).file("anew/last", "l").mtime(32).mode(0555).directory("anew");
    tar.file(".wh.hidden", "").mtime(33).directory("./");
    return write("anew.tar", tar);
  }

  @Test
  void sparseFilesOfTarKeepTheirContentAndTheirHoles() throws Exception {
    commands.assumeFileMountsPossible();
    HostCommands.assumeInstalled("tar", "truncate", "fsck.erofs");
    Path tree = Files.createDirectories(folder.resolve("tree"));
    Path file = Files.writeString(tree.resolve("sparse"), "begin");
    commands.run(List.of("truncate", "-s", "300M", file.toString()));
    Files.writeString(file, "end", StandardOpenOption.APPEND);
    List<String> expected =
        commands.run(List.of("python3", commands.script("tree.py").toString(), tree.toString()));
    for (String format :
        List.of("gnu", "posix", "posix --sparse-version=0.0", "posix --sparse-version=0.1")) {
      Path tar = folder.resolve("sparse.tar");
      commands.run(
          List.of(
              "bash",
              "-c",
              "tar --format=" + format + " --sparse -C " + tree + " -cf " + tar + " ."));
      Path image = convert(tar);
      assertThat(Files.size(image)).isLessThan(8 << 20);
      // GNU's own format has whole seconds only.
      assertThat(withoutTimes(commands.kernelTree("file", List.of(image))))
          .isEqualTo(withoutTimes(expected));
      assertAccepted(image);
    }
  }

  private static List<String> withoutTimes(List<String> tree) {
    return tree.stream().map(line -> line.replaceAll(" mtime=\\d+", "")).toList();
  }

  private void assertAccepted(Path image) throws IOException, InterruptedException {
    assertThat(commands.run(List.of("fsck.erofs", image.toString())))
        .noneMatch(line -> line.contains("<E>"));
    commands.run(List.of("python3", commands.script("erofs_dump.py").toString(), image.toString()));
  }

  private Path convert(Path tar) throws IOException {
    try (InputStream in = new BufferedInputStream(Files.newInputStream(tar))) {
      return store.convert(in, null).file();
    }
  }

  private Path oddEntries() throws IOException {
    TarBuilder tar = new TarBuilder().mtime(1_700_000_000).directory("./");
    tar.mtime(1).directory("dir").pax("mtime", "-7.25").owner(70_000, 80_000).mode(06755);
    tar.file("dir/set-id", "x".repeat(2049)).hardLink("dir/hard", "dir/set-id");
    tar.xattr("security.capability", CAPABILITY).pax("mtime", "5.123456789").file("ping", "p");
    tar.xattr("user.long", new byte[3000]).xattr("trusted.t", new byte[] {1}).mtime(2);
    tar.directory("attributes").mtime(3).symlink("long-link", "t".repeat(3000));
    tar.mtime(3).device('3', "null", 1, 3).mtime(4).device('4', "disk", 259, 70_000);
    tar.mtime(4).fifo("fifo").mtime(5).file("!before-the-dots", "").mtime(6).directory("many");
    for (int i = 0; i < 1500; i++) {
      tar.mtime(i).file("many/" + "é".repeat(i % 60) + i, "c".repeat(i * 3));
    }
    tar.mtime(6).directory("many").mtime(1).directory("dir");
    tar.mtime(1_700_000_000).directory("./");
    return write("odd.tar", tar);
  }

  private Path lowerLayer() throws IOException {
    TarBuilder tar = new TarBuilder().mtime(10).directory("./").mtime(10).directory("etc");
    tar.mtime(10).file("etc/ghost", "g").mtime(10).file("etc/kept", "k").mtime(10);
    tar.directory("whole").mtime(10).file("whole/hidden1", "").mtime(10).directory("opaque");
    tar.mtime(10).file("opaque/hidden2", "").mtime(10).directory("replaced").mtime(10);
    tar.file("replaced/hidden3", "").mtime(10).file("was-file", "f").mtime(10).directory("lone");
    tar.mtime(10).directory("lone/below").mtime(10).file("changed", "old");
    tar.mtime(10).directory("lone").mtime(10).directory("./");
    return write("lower.tar", tar);
  }

  private Path upperLayer() throws IOException {
    TarBuilder tar = new TarBuilder().mtime(20).directory("./").mtime(20).directory("etc");
    tar.file("etc/.wh.ghost", "").file(".wh.whole", "").mtime(20).mode(0700).directory("opaque");
    tar.file("opaque/.wh..wh..opq", "").mtime(20).file("opaque/new", "n");
    tar.file(".wh.replaced", "").mtime(20).directory("replaced").mtime(20).file("replaced/r", "r");
    tar.mtime(20).directory("was-file").mtime(20).file("was-file/inside", "i");
    tar.mtime(20).file("changed", "new content").mtime(20).directory("only-here");
    // A whiteout of what no layer has, in a directory of one layer only: shows unless marked.
    tar.file("only-here/.wh.ghost2", "").mtime(20).file("only-here/f", "f");
    return write("upper.tar", tar);
  }

  private Path write(String name, TarBuilder tar) throws IOException {
    return Files.write(folder.resolve(name), tar.build());
  }

  @Test
  void readerAgreesWithTheWriterOfErofsUtils() throws Exception {
    HostCommands.assumeInstalled("mkfs.erofs");
    Path tree = Files.createDirectories(folder.resolve("source/etc"));
    Files.writeString(tree.resolve("passwd"), "root:x:0:0::/root:/bin/sh\n");
    Files.writeString(tree.resolve("big"), "b".repeat(100_000));
    Path link = Files.createSymbolicLink(tree.resolve("link"), Path.of("../etc/./big"));
    assertThat(link).exists();
    for (int i = 0; i < 2000; i++) {
      Files.createFile(tree.resolve("name-" + i));
    }
    Path image = folder.resolve("utils.erofs");
    commands.run(List.of("mkfs.erofs", image.toString(), folder.resolve("source").toString()));
    assertThat(LayeredFiles.readFile(List.of(image), "/etc/passwd", 4096))
        .contains(Files.readAllBytes(tree.resolve("passwd")));
    assertThat(LayeredFiles.readFile(List.of(image), "/etc/link", 1 << 20))
        .contains(Files.readAllBytes(tree.resolve("big")));
    assertThat(LayeredFiles.readFile(List.of(image), "/etc/name-1234", 0)).contains(new byte[0]);
  }
}
