package dev.beagle.node.cli;

import dev.beagle.node.config.ConfigLoader;
import dev.beagle.node.config.NodeConfig;
import dev.beagle.node.doctor.Doctor;
import dev.beagle.node.doctor.Finding;
import dev.beagle.node.doctor.Finding.Verdict;
import dev.beagle.node.output.Console;
import dev.beagle.node.output.Json;
import dev.beagle.node.output.Table;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code beagle doctor}: whether pods can run here, and what to do where they cannot. */
@Command(
    name = "doctor",
    description =
        "Check what this host lacks for running pods; exit status 1 when they cannot run.",
    mixinStandardHelpOptions = true)
final class DoctorCommand implements Callable<Integer> {
  private final CliContext context;

  @Mixin final OutputOptions output = new OutputOptions();

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "The daemon's configuration, where it has one.")
  @Nullable Path config;

  DoctorCommand(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    NodeConfig node =
        new ConfigLoader(context.host())
            .load(Optional.ofNullable(config), Optional.empty(), Optional.empty());
    List<Finding> findings = Doctor.of(context.host()).examine(node.root(), node.sandbox());
    boolean usable = findings.stream().noneMatch(finding -> finding.verdict() == Verdict.MISSING);
    if (output.json()) {
      Json.print(context.console(), findings);
    } else {
      print(context.console(), findings, usable);
    }
    return usable ? ExitCodes.OK : 1;
  }

  private static void print(Console console, List<Finding> findings, boolean usable) {
    Table table = new Table("CHECK", "", "FOUND").wrapping();
    for (Finding finding : findings) {
      table.row(finding.check(), word(finding.verdict()), finding.detail());
    }
    List<String> lines = table.lines(console);
    console.line(console.bold(lines.getFirst()));
    for (int row = 0; row < findings.size(); row++) {
      Finding finding = findings.get(row);
      String line = lines.get(row + 1);
      console.line(
          switch (finding.verdict()) {
            case OK -> line;
            case NOTE -> console.faint(line);
            case MISSING -> console.bad(line);
          });
      if (!finding.wayOut().isEmpty()) {
        console.line("    -> " + finding.wayOut());
      }
    }
    console.line("");
    console.line(
        usable
            ? console.good("Pods can run here.")
            : console.bad("Pods cannot run here yet: see what is missing above."));
  }

  private static String word(Verdict verdict) {
    return switch (verdict) {
      case OK -> "ok";
      case NOTE -> "-";
      case MISSING -> "missing";
    };
  }
}
