package dev.beagle.guestimage.cpio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.beagle.guestimage.testing.Tool;
import dev.beagle.guestimage.tree.FileNode;
import dev.beagle.guestimage.tree.FileTree;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real programs read what is written. */
final class NewcArchiveIT {
  private static final List<List<String>> READERS =
      List.of(List.of("bsdcpio", "-tv"), List.of("cpio", "-tv"), List.of("busybox", "cpio", "-tv"));

  @TempDir Path folder;

  @Test
  void realProgramsReadIt() throws Exception {
    Optional<List<String>> reader =
        READERS.stream().filter(each -> Tool.find(each.getFirst()).isPresent()).findFirst();
    assumeThat(reader).as("one of bsdcpio, cpio, busybox is here").isPresent();
    Path archive = write();
    String said = Tool.run(archive, reader.orElseThrow());
    assertThat(said.lines().filter(line -> !line.matches("[0-9]+ blocks?")))
        .satisfiesExactly(
            line -> assertThat(line).startsWith("drwxr-xr-x").endsWith(" dev"),
            line -> assertThat(line).startsWith("crw-------").endsWith(" dev/console"),
            line -> assertThat(line).startsWith("lrwxrwxrwx").endsWith(" lib -> usr/lib"),
            line -> assertThat(line).startsWith("drwxrwxrwt").endsWith(" tmp"),
            line ->
                assertThat(line).startsWith("-rwxr-xr-x").contains(" 70000 ").endsWith(" init"));
  }

  private Path write() throws IOException {
    FileTree tree =
        new FileTree()
            .add("lib", new FileNode.Symlink("usr/lib"))
            .add("tmp", new FileNode.Directory(01777))
            .add("dev/console", new FileNode.CharacterDevice(0600, 5, 1));
    FileTree last =
        new FileTree().add("init", new FileNode.Regular(0755, ByteBuffer.allocate(70_000)));
    Path archive = folder.resolve("archive");
    try (OutputStream out = Files.newOutputStream(archive)) {
      NewcArchive.write(out, tree, last);
    }
    return archive;
  }
}
