package dev.beagle.node.cli;

import dev.beagle.node.output.Console;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/**
 * The build's training run: does, without effect, what commands do, so that the JVM's AOT cache
 * holds the classes they need (JEP 483, 514). Not for people.
 */
@Command(name = "train", hidden = true)
final class TrainCommand implements Callable<Integer> {
  private static final List<List<String>> LINES =
      List.of(
          List.of("--help"),
          List.of("doctor"),
          List.of("doctor", "-o", "json"),
          List.of("daemon", "--help"));

  private final CliContext context;

  TrainCommand(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    PrintStream nowhere =
        new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
    CliContext silent =
        new CliContext(
            new Console(nowhere, nowhere, true, true, 80, true),
            context.host(),
            context.installation(),
            context.time(),
            context.starter());
    for (List<String> line : LINES) {
      new Cli(silent).execute(line.toArray(String[]::new));
    }
    return ExitCodes.OK;
  }
}
