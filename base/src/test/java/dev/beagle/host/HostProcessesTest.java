package dev.beagle.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HostProcessesTest {
  @ParameterizedTest
  @CsvSource({
    "1 (sh) S 0 1, false",
    "1 (a) Z) R 0, false",
    "1 (a R) Z 0, true",
    "1 (x) X 0, true",
    "'', true"
  })
  void theStateFollowsTheName(String stat, boolean ended) {
    assertThat(HostProcesses.isZombie(stat)).isEqualTo(ended);
  }

  @Test
  void whoRunsRuns() {
    assertThat(HostProcesses.runs(ProcessHandle.current())).isTrue();
  }

  /** Its parent lives and never waits for it. */
  @Test
  void whoWasNotReapedDoesNotRun() throws IOException, InterruptedException {
    assumeThat(Files.isDirectory(Path.of("/proc/self"))).as("a host with /proc").isTrue();
    Process parent =
        new ProcessBuilder("/bin/sh", "-c", "sleep 0 & echo $!; exec sleep 100").start();
    try (BufferedReader output = parent.inputReader()) {
      long child = Long.parseLong(output.readLine().strip());
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
      while (!HostProcesses.isZombie(child) && System.nanoTime() < deadline) {
        Thread.onSpinWait();
      }
      assertThat(ProcessHandle.of(child))
          .hasValueSatisfying(handle -> {
            assertThat(handle.isAlive()).as("as the JDK sees it").isTrue();
            assertThat(HostProcesses.runs(handle)).isFalse();
          });
    } finally {
      parent.destroyForcibly().waitFor();
    }
  }
}
