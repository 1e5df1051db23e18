package dev.beagle.node.cli;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
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
          "all (the default), unit, components, e2e, hvf or soak; later also kubernetes and fuzz.")
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
    TestRun run =
        new TestRun(
            context.console(),
            context.time(),
            context.host(),
            repository,
            context.installation().java());
    Thread interrupted = Thread.ofPlatform().name("interrupted").unstarted(() -> endTests(run));
    Runtime.getRuntime().addShutdownHook(interrupted);
    boolean good = run.run(chosen);
    try {
      Runtime.getRuntime().removeShutdownHook(interrupted);
    } catch (IllegalStateException endingAlready) {
      return ExitCodes.of(FailureKind.CANCELLED); // the JVM ends with the signal's status
    }
    return good ? ExitCodes.OK : 1;
  }

  /** Ctrl-C: the JVM ends when this does, which is when the run has cleaned up and summed up. */
  private static void endTests(TestRun run) {
    try {
      run.interrupt();
    } catch (InterruptedException stopping) {
      Thread.currentThread().interrupt();
    }
  }
}
