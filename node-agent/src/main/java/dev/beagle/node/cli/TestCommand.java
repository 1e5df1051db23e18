package dev.beagle.node.cli;

import dev.beagle.failure.Failure;
import dev.beagle.node.selftest.Suite;
import dev.beagle.node.selftest.TestRun;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code ./beagle test}: exit status 1 when a test failed. */
@Command(
    name = "test",
    description = "Run the tests of the source tree that this program was built from.",
    mixinStandardHelpOptions = true)
final class TestCommand implements Callable<Integer> {
  private final CliContext context;

  @Parameters(
      paramLabel = "SUITE",
      arity = "0..1",
      defaultValue = "all",
      description =
          "all (the default), unit, components, e2e, soak; later also hvf, kubernetes, fuzz.")
  String suite = "all";

  TestCommand(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() throws InterruptedException {
    Suite chosen = Suite.named(suite);
    Path repository = Path.of(context.host().environment().getOrDefault("BEAGLE_HOME", ""));
    if (!Files.isRegularFile(repository.resolve("pom.xml"))) {
      throw Failure.invalidArgument("the tests run from a source tree: ./beagle test");
    }
    boolean good =
        new TestRun(context.console(), context.time(), repository, context.installation().java())
            .run(chosen);
    return good ? ExitCodes.OK : 1;
  }
}
