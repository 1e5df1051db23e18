package dev.beagle.node.streaming;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The program under {@code src/test/go}, built once: the clients that kubectl is made of. */
final class GoClient {
  private static final Path SOURCES = Path.of("src/test/go");
  private static final Path BINARY = Path.of("target/streamclient").toAbsolutePath();

  private GoClient() {}

  static boolean canBeBuilt() {
    for (String folder : System.getenv().getOrDefault("PATH", "").split(":", -1)) {
      if (Files.isExecutable(Path.of(folder, "go"))) {
        return true;
      }
    }
    return false;
  }

  static void build() throws Exception {
    Output built =
        run(SOURCES, List.of("go", "build", "-buildvcs=false", "-o", BINARY.toString(), "."));
    assertThat(built.exitCode()).as("go build: %s", built.errors()).isZero();
  }

  /** What the client saw. */
  static JsonNode call(URI url, String... flags) throws Exception {
    List<String> command = new ArrayList<>(List.of(BINARY.toString(), "-url", url.toString()));
    command.addAll(List.of(flags));
    Output output = run(Path.of("."), command);
    assertThat(output.exitCode()).as("%s: %s", command, output.errors()).isZero();
    return JsonMapper.shared().readTree(output.text());
  }

  private static Output run(Path folder, List<String> command) throws Exception {
    Path errors = Files.createTempFile("go-client", ".err");
    Process process =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectError(errors.toFile())
            .start();
    try {
      String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(process.waitFor(5, TimeUnit.MINUTES)).as("%s ends", command).isTrue();
      return new Output(process.exitValue(), text, Files.readString(errors));
    } catch (IOException broken) {
      throw new IOException(Files.readString(errors), broken);
    } finally {
      process.destroyForcibly();
      Files.deleteIfExists(errors);
    }
  }

  private record Output(int exitCode, String text, String errors) {}
}
