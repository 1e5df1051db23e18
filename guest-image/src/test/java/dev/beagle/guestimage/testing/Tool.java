package dev.beagle.guestimage.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Programs of the host that tests compare with. */
public final class Tool {
  private static final int SECONDS = 120;

  private Tool() {}

  /** In PATH, or where only root looks. */
  public static Optional<Path> find(String name) {
    String path = System.getenv().getOrDefault("PATH", "");
    return Stream.concat(Stream.of(path.split(":", -1)), Stream.of("/usr/sbin", "/sbin"))
        .filter(folder -> !folder.isEmpty())
        .map(folder -> Path.of(folder, name))
        .filter(Files::isExecutable)
        .findFirst();
  }

  /** What it says on both outputs; it has to end well. */
  public static String run(List<String> command) throws IOException, InterruptedException {
    return run(Path.of("/dev/null"), command);
  }

  /** The same with a file as its standard input. */
  public static String run(Path input, List<String> command)
      throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(command).redirectInput(input.toFile()).redirectErrorStream(true).start();
    try {
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(process.waitFor(SECONDS, TimeUnit.SECONDS)).as("%s ends", command).isTrue();
      assertThat(process.exitValue()).as("%s: %s", command, said).isZero();
      return said;
    } finally {
      process.destroyForcibly();
    }
  }
}
