package dev.beagle.image.pull;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.image.reference.Platform;
import dev.beagle.image.reference.Reference;
import dev.beagle.image.testing.HostCommands;
import dev.beagle.image.testing.SimulatedRegistry;
import dev.beagle.image.testing.TarBuilder;
import dev.beagle.image.testing.TestImage;
import dev.beagle.time.Time;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A file system of 8 MiB that really becomes full: below the step at which the floor is looked at.
 */
@Tag("root")
class FullDiskIT {
  private static final byte[] TOO_MUCH = new TarBuilder().file("big", "x".repeat(16 << 20)).build();

  @TempDir Path temporary;
  private HostCommands commands;
  private Path disk;

  @BeforeEach
  void mount() throws Exception {
    commands = new HostCommands(temporary);
    commands.assumeMountsPossible();
    disk = Files.createDirectory(temporary.resolve("disk"));
    commands.run(List.of("mount", "-t", "tmpfs", "-o", "size=8m", "beagle-test", disk.toString()));
  }

  @AfterEach
  void unmount() throws Exception {
    if (disk != null) {
      commands.run(List.of("umount", disk.toString()));
    }
  }

  private Images open() {
    return Images.open(ImagesSettings.defaults(disk.resolve("images")), Time.system());
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> tree = Files.walk(disk)) {
      return tree.filter(Files::isRegularFile).toList();
    }
  }

  private void assertFull(Failure failure) throws IOException {
    assertThat(failure).as("failure").isNotNull();
    assertThat(failure.kind()).as(failure.reason()).isEqualTo(FailureKind.EXHAUSTED);
    assertThat(failure.reason()).contains(disk.toString(), "No space left", "beagle rmi");
    assertThat(files()).isEmpty();
  }

  @Test
  void anArchiveThatDoesNotFitIsRefusedWithTheWayOutAndLeavesNothing() throws Exception {
    try (Images images = open()) {
      images.collect();
      assertFull(
          catchThrowableOfType(
              Failure.class,
              () ->
                  images.importTar(
                      new ByteArrayInputStream(TOO_MUCH),
                      Optional.of((Reference.Tagged) Reference.parse("local/app:1")),
                      Platform.linux("amd64"),
                      PullProgress.NONE)));
    }
  }

  @Test
  void aLayerThatDoesNotFitIsRefusedWithTheWayOutAndLeavesNothing() throws Exception {
    try (Images images = open();
        SimulatedRegistry registry = new SimulatedRegistry()) {
      images.collect();
      registry.push("app", "1", TestImage.of(TOO_MUCH));
      assertFull(
          catchThrowableOfType(
              Failure.class,
              () ->
                  images.pull(
                      registry.reference("app:1"),
                      Platform.linux("amd64"),
                      Optional.empty(),
                      PullProgress.NONE)));
    }
  }
}
