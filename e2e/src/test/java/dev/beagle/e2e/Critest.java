package dev.beagle.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/**
 * The CRI's own validation suite on a node. Its result by name is kept in a file of this module:
 * what passed there has to pass, what passes now is written down. A regression leaves the file as
 * it is and its own result in {@code target}.
 *
 * @param name of the files, without their ending
 * @param writer the test that writes the kept file, which it names
 */
record Critest(String name, String writer, Duration limit) {
  private static final Pattern FOLDER_OF_SPEC = Pattern.compile(".*/test[0-9a-f]{64}[0-9]+/mnt");

  void run(Node node) throws IOException {
    try {
      compare(node);
    } finally {
      unmountLeftovers();
    }
  }

  /** critest's own mounts on the host: a spec that fails half way leaves them. */
  private static void unmountLeftovers() throws IOException {
    for (String point : Mounts.points()) {
      if (FOLDER_OF_SPEC.matcher(point).matches()) {
        Command.run(List.of("umount", point)).ok();
        Folders.delete(Path.of(point.substring(0, point.lastIndexOf('/'))));
      }
    }
  }

  private void compare(Node node) throws IOException {
    Prepared prepared = node.prepared();
    Path target = Files.createDirectories(prepared.module().resolve("target"));
    Path report = target.resolve(name + ".json");
    Files.deleteIfExists(report);
    String endpoint = "unix://" + node.socket();
    Command.Result run =
        Command.run(
            List.of(
                prepared.get("critest"),
                "--runtime-endpoint",
                endpoint,
                "--image-endpoint",
                endpoint,
                "--ginkgo.no-color",
                "--ginkgo.timeout=" + limit.toSeconds() + "s",
                "--ginkgo.json-report",
                report.toString()),
            limit.plusMinutes(1),
            "");
    Path log = target.resolve(name + ".log");
    Files.writeString(log, run.out() + run.err());
    assertThat(run.exit())
        .as("critest ends by itself, failures or not; see " + log)
        .isBetween(0, 1);
    assertThat(report).exists();

    Map<String, String> now = results(Prepared.JSON.readTree(Files.readString(report)));
    assertThat(now).hasSizeGreaterThan(100);
    assertThat(node.running()).as("the daemon outlives critest").isTrue();
    String text = CritestResults.write(writer, prepared.get("critest.version"), now);
    Files.writeString(target.resolve(name + "-results.md"), text);
    if (!prepared.peer()) {
      keep(prepared.module().resolve(name + "-results.md"), now, text);
    }
  }

  private static void keep(Path kept, Map<String, String> now, String text) throws IOException {
    if (Files.exists(kept)) {
      assertThat(CritestResults.regressions(CritestResults.read(Files.readString(kept)), now))
          .as("specs of critest that passed before")
          .isEmpty();
    }
    Files.writeString(kept, text);
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
