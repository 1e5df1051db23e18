package dev.beagle.runtime.posix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.failure.Failure;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class FreeInodesTest {
  @Test
  @EnabledOnOs(value = OS.LINUX, disabledReason = "file systems of a Mac make inodes as needed")
  void theNumbersAreThoseOfStat(@TempDir Path folder) throws Exception {
    Process stat =
        new ProcessBuilder("stat", "--file-system", "--format", "%c", folder.toString()).start();
    String total =
        new String(stat.getInputStream().readAllBytes(), StandardCharsets.US_ASCII).strip();
    long expected = Long.parseLong(total);
    if (expected == 0) {
      assertThat(FreeInodes.of(folder)).isEmpty();
    } else {
      assertThat(FreeInodes.of(folder))
          .hasValueSatisfying(inodes -> {
            assertThat(inodes.total()).isEqualTo(expected);
            assertThat(inodes.free()).isBetween(0L, expected);
          });
    }
  }

  @Test
  @EnabledOnOs(value = OS.LINUX, disabledReason = "nothing is asked for on a Mac")
  void aPathThatIsNotThereIsNamed(@TempDir Path folder) {
    assertThatThrownBy(() -> FreeInodes.of(folder.resolve("none")))
        .isInstanceOf(Failure.class)
        .hasMessageContaining(folder.resolve("none").toString());
  }
}
