package dev.beagle.node.doctor;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The host's own programs, each given ten seconds. */
final class HostCommands implements CommandRunner {
  private static final int LIMIT_SECONDS = 10;
  private static final int OUTPUT_BYTES = 4096;

  @Override
  public Outcome run(List<String> command) {
    Process process;
    try {
      process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectInput(ProcessBuilder.Redirect.from(new java.io.File("/dev/null")))
              .start();
    } catch (IOException absent) {
      return new Outcome(127, command.getFirst() + ": not found");
    }
    try (InputStream output = process.getInputStream()) {
      Thread.ofVirtual().start(() -> killLate(process));
      String text = new String(output.readNBytes(OUTPUT_BYTES), StandardCharsets.UTF_8);
      output.skip(Long.MAX_VALUE);
      return new Outcome(process.waitFor(), text);
    } catch (IOException cut) {
      return new Outcome(124, command.getFirst() + ": gave no answer");
    } catch (InterruptedException interrupted) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      return new Outcome(130, command.getFirst() + ": interrupted");
    }
  }

  private static void killLate(Process process) {
    try {
      if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException stopping) {
      process.destroyForcibly();
    }
  }
}
