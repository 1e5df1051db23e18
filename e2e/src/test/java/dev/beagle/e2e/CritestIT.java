package dev.beagle.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;

/**
 * The CRI's own validation suite. Its result by name is kept in {@code critest-results.md}: what
 * passed there has to pass, what passes now is written down. A regression leaves the file as it is
 * and its own result in {@code target}.
 */
final class CritestIT extends NodeIT {
  private static final Duration SUITE_LIMIT = Duration.ofMinutes(7);

  @Override
  LeakCheck remember(Node node) {
    return LeakCheck.ofAllButImages(node);
  }

  @Test
  @Timeout(480)
  void noSpecThatPassedFailsNow() throws Exception {
    Prepared prepared = node().prepared();
    Path report =
        Files.createDirectories(prepared.module().resolve("target")).resolve("critest.json");
    Files.deleteIfExists(report);
    String endpoint = "unix://" + node().socket();
    Command.Result run =
        Command.run(
            List.of(
                prepared.get("critest"),
                "--runtime-endpoint",
                endpoint,
                "--image-endpoint",
                endpoint,
                "--ginkgo.no-color",
                "--ginkgo.json-report",
                report.toString()),
            SUITE_LIMIT,
            "");
    Files.writeString(prepared.module().resolve("target/critest.log"), run.out() + run.err());
    assertThat(run.exit())
        .as("critest ends by itself, failures or not; see target/critest.log")
        .isBetween(0, 1);
    assertThat(report).exists();

    Map<String, String> now = results(Prepared.JSON.readTree(Files.readString(report)));
    assertThat(now).hasSizeGreaterThan(100);
    assertThat(node().running()).as("the daemon outlives critest").isTrue();
    String text = CritestResults.write(prepared.get("critest.version"), now);
    Files.writeString(prepared.module().resolve("target/critest-results.md"), text);
    if (!prepared.peer()) {
      Path kept = prepared.module().resolve("critest-results.md");
      if (Files.exists(kept)) {
        assertThat(CritestResults.regressions(CritestResults.read(Files.readString(kept)), now))
            .as("specs of critest that passed before")
            .isEmpty();
      }
      Files.writeString(kept, text);
    }
  }

  /** Full name to state, benchmarks left out. */
  private static Map<String, String> results(JsonNode reports) {
    Map<String, String> results = new TreeMap<>();
    for (JsonNode spec : reports.path(0).path("SpecReports")) {
      StringBuilder name = new StringBuilder();
      spec.path("ContainerHierarchyTexts")
          .forEach(text -> name.append(text.asString()).append(' '));
      name.append(spec.path("LeafNodeText").asString());
      if (spec.path("LeafNodeType").asString().equals("It")
          && !name.toString().contains("benchmark")) {
        results.put(name.toString(), spec.path("State").asString());
      }
    }
    return results;
  }
}
