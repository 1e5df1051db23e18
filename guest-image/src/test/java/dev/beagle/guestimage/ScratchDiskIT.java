package dev.beagle.guestimage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.guestimage.testing.Tool;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The host's mke2fs makes the disk. */
final class ScratchDiskIT {
  private static final long BYTES = 256L << 20;

  @TempDir Path folder;

  private Path make(String name, long bytes) throws Exception {
    Path file = folder.resolve(name);
    ScratchDisk.make(Optional.empty(), file, bytes);
    return file;
  }

  private static void requireMke2fs() {
    assumeThat(Tool.find("mke2fs"))
        .as("mke2fs is here (Debian: apt install e2fsprogs)")
        .isPresent();
  }

  @Test
  void theBytesAreTheSameEachTime() throws Exception {
    requireMke2fs();
    Path first = make("first", BYTES);
    Path second = make("second", BYTES);
    assertThat(first).hasSize(BYTES);
    assertThat(Files.mismatch(first, second)).isEqualTo(-1);
  }

  @Test
  void itIsSoundAndHasNoJournal() throws Exception {
    requireMke2fs();
    Optional<Path> fsck = Tool.find("e2fsck");
    assumeThat(fsck).as("e2fsck is here (Debian: apt install e2fsprogs)").isPresent();
    Path disk = make("disk", BYTES);
    Tool.run(List.of(fsck.orElseThrow().toString(), "-f", "-n", disk.toString()));
    String facts =
        Tool.run(List.of(Tool.find("dumpe2fs").orElseThrow().toString(), disk.toString()));
    assertThat(facts).doesNotContain("has_journal").contains("Reserved block count:     0");
    // No guest has tables of inodes to fill in.
    assertThat(facts.lines().filter(line -> line.startsWith("Group ")))
        .isNotEmpty()
        .allMatch(line -> line.contains("ITABLE_ZEROED"));
  }

  /** What 64 GiB of nothing take on the host's disk. */
  @Test
  void aLargeOneTakesLittleRoom() throws Exception {
    requireMke2fs();
    Path disk = make("large", 64L << 30);
    assertThat(disk).hasSize(64L << 30);
    Optional<Path> du = Tool.find("du");
    assumeThat(du).isPresent();
    String kibibytes = Tool.run(List.of("du", "-k", disk.toString())).split("\\s", 2)[0];
    assertThat(Long.parseLong(kibibytes)).isLessThan(2048);
  }

  @Test
  void anMke2fsThatIsNotThereIsNamed() {
    Path none = folder.resolve("mke2fs");
    assertThatThrownBy(() -> ScratchDisk.make(Optional.of(none), folder.resolve("disk"), BYTES))
        .isInstanceOfSatisfying(
            Failure.class, failure -> assertThat(failure.kind()).isEqualTo(FailureKind.UNSUPPORTED))
        .hasMessageContaining(none.toString())
        .hasMessageContaining("--mke2fs FILE");
  }

  @Test
  void whatMke2fsSaysIsPassedOn() throws Exception {
    Path complaining = folder.resolve("mke2fs");
    Files.writeString(complaining, "#!/bin/sh\necho Bad option\nexit 1\n");
    assertThat(complaining.toFile().setExecutable(true)).isTrue();
    assertThatThrownBy(
            () -> ScratchDisk.make(Optional.of(complaining), folder.resolve("disk"), BYTES))
        .hasMessageContaining("1.47 of e2fsprogs or later")
        .hasMessageContaining("Bad option");
  }
}
