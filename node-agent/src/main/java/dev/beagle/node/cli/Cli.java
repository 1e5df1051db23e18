package dev.beagle.node.cli;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.node.config.Host;
import dev.beagle.node.config.Installation;
import dev.beagle.node.output.Console;
import dev.beagle.time.Time;
import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** Parses a command line, runs its command and turns what went wrong into one line and a status. */
public final class Cli {
  private final CliContext context;

  Cli(CliContext context) {
    this.context = context;
  }

  /** Runs one command of this process and returns its exit status. */
  public static int run(String[] arguments, NodeStarter starter) {
    Logging.silence(); // until the daemon begins its own
    Host host = Host.current();
    // not System.out: it keeps to itself why it could not write
    Console console =
        Console.of(
            new BufferedOutputStream(new FileOutputStream(FileDescriptor.out)),
            System.err,
            host.environment());
    return new Cli(new CliContext(console, host, Installation.current(), Time.system(), starter))
        .execute(arguments);
  }

  int execute(String... arguments) {
    Console console = context.console();
    CommandLine line = commandLine();
    line.setOut(new PrintWriter(console.out(), true, StandardCharsets.UTF_8));
    line.setErr(new PrintWriter(console.err(), true, StandardCharsets.UTF_8));
    line.setColorScheme(
        CommandLine.Help.defaultColorScheme(console.colours() ? Ansi.ON : Ansi.OFF));
    line.setUsageHelpWidth(Math.clamp(console.width(), 60, 110));
    line.setParameterExceptionHandler((error, _) -> explainUsage(error));
    line.setExecutionExceptionHandler((error, command, _) -> explain(error, command));
    if (arguments.length > 0 && isUnknown(arguments[0], line)) {
      // Else --help behind it would be answered with ours.
      return explainUsage(new UnmatchedArgumentException(line, List.of(arguments[0])));
    }
    return withOutputChecked(line.execute(arguments), line);
  }

  private static boolean isUnknown(String verb, CommandLine line) {
    return !verb.startsWith("-") && !line.getSubcommands().containsKey(verb);
  }

  /** A result that nobody got is a failure, even when the command did its work. */
  private int withOutputChecked(int status, CommandLine line) {
    if (!context.console().outputLost()) {
      return status;
    }
    context.console().note("standard output cannot be written");
    if (status != ExitCodes.OK) {
      return status;
    }
    ParseResult parsed = line.getParseResult();
    boolean ownCodes =
        parsed != null
            && parsed.hasSubcommand()
            && ownCodes(parsed.subcommand().commandSpec().commandLine());
    return ownCodes ? ExitCodes.CONTAINER_FAILED : ExitCodes.of(FailureKind.INTERNAL);
  }

  private static boolean ownCodes(CommandLine command) {
    return command.getCommand() instanceof RunsProcess;
  }

  private CommandLine commandLine() {
    CommandLine line = new CommandLine(new BeagleCommand());
    line.addSubcommand(new DaemonCommand(context));
    line.addSubcommand(new DoctorCommand(context));
    line.addSubcommand(new StatusCommand(context));
    line.addSubcommand(new ImagesCommand(context));
    line.addSubcommand(new PullCommand(context));
    line.addSubcommand(passingOn(new RunCommand(context)));
    line.addSubcommand(new PsCommand(context));
    line.addSubcommand(new LogsCommand(context));
    line.addSubcommand(passingOn(new ExecCommand(context)));
    line.addSubcommand(new ConsoleCommand(context));
    line.addSubcommand(new StopCommand(context));
    line.addSubcommand(new RemoveCommand(context));
    line.addSubcommand(new RemoveImageCommand(context));
    line.addSubcommand(new DemoCommand(context));
    line.addSubcommand(new TestCommand(context));
    line.addSubcommand(new VersionCommand(context));
    line.addSubcommand(new CommandLine.HelpCommand());
    line.addSubcommand(new TrainCommand(context));
    line.setCaseInsensitiveEnumValuesAllowed(true);
    return line;
  }

  /** What follows the image or the container belongs to the program in it, options too. */
  private static CommandLine passingOn(RunsProcess command) {
    return new CommandLine(command).setStopAtPositional(true);
  }

  private int explainUsage(ParameterException error) {
    CommandLine command = error.getCommandLine();
    StringBuilder message = new StringBuilder(firstLine(error));
    List<String> suggestions = List.of();
    Optional<String> typed = unknownCommand(error);
    if (typed.isPresent()) {
      message = new StringBuilder("no command " + Failure.printable(typed.get()));
      suggestions = Typos.suggestions(typed.get(), visibleCommands(command));
    } else if (error instanceof UnmatchedArgumentException unmatched) {
      suggestions = unmatched.getSuggestions();
    }
    if (!suggestions.isEmpty()) {
      message.append("; did you mean ").append(String.join(" or ", suggestions)).append('?');
    }
    context.console().note(message.toString());
    context.console().err().println("See: " + command.getCommandSpec().qualifiedName() + " --help");
    return ownCodes(command)
        ? ExitCodes.CONTAINER_FAILED
        : ExitCodes.of(FailureKind.INVALID_ARGUMENT);
  }

  /** What was typed where a command is expected; {@code beagle help} has its own error for it. */
  private static Optional<String> unknownCommand(ParameterException error) {
    if (!(error.getCommandLine().getCommand() instanceof BeagleCommand)) {
      return Optional.empty();
    }
    if (error instanceof UnmatchedArgumentException unmatched) {
      return unmatched.isUnknownOption()
          ? Optional.empty()
          : Optional.of(unmatched.getUnmatched().getFirst());
    }
    return error.getArgSpec() == null ? Optional.ofNullable(error.getValue()) : Optional.empty();
  }

  private static Set<String> visibleCommands(CommandLine line) {
    return line.getSubcommands().entrySet().stream()
        .filter(entry -> !entry.getValue().getCommandSpec().usageMessage().hidden())
        .map(Map.Entry::getKey)
        .collect(Collectors.toSet());
  }

  private int explain(Exception error, CommandLine command) {
    boolean ownCodes = ownCodes(command);
    if (error instanceof Failure failure) {
      context.console().note(failure.reason());
      return ownCodes ? ExitCodes.CONTAINER_FAILED : ExitCodes.of(failure.kind());
    }
    if (!context.host().environment().getOrDefault("BEAGLE_DEBUG", "").isEmpty()) {
      error.printStackTrace(context.console().err());
    }
    context
        .console()
        .note(
            "a defect of beagle: "
                + error
                + " (BEAGLE_DEBUG=1 shows where; please report it with that)");
    return ownCodes ? ExitCodes.CONTAINER_FAILED : ExitCodes.of(FailureKind.INTERNAL);
  }

  private static String firstLine(Exception error) {
    String message = error.getMessage();
    return message == null
        ? error.toString()
        : message.lines().findFirst().orElse(error.toString());
  }

  /** A command that passes a process's exit status on, so that its own ones are 125 to 127. */
  interface RunsProcess {}
}
