package dev.beagle.node.cli;

import dev.beagle.cri.v1.RuntimeCondition;
import dev.beagle.cri.v1.StatusRequest;
import dev.beagle.cri.v1.StatusResponse;
import dev.beagle.cri.v1.VersionRequest;
import dev.beagle.cri.v1.VersionResponse;
import dev.beagle.node.client.CallLimits;
import dev.beagle.node.client.CriClient;
import dev.beagle.node.client.Directory;
import dev.beagle.node.output.Console;
import dev.beagle.node.output.Json;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code beagle status}: whether the daemon is well; exit status 1 when it says it is not. */
@Command(
    name = "status",
    description = "Show whether the daemon is well and what it runs.",
    mixinStandardHelpOptions = true)
final class StatusCommand implements Callable<Integer> {
  private final CliContext context;

  @Mixin final NodeOptions node = new NodeOptions();
  @Mixin final OutputOptions output = new OutputOptions();

  StatusCommand(CliContext context) {
    this.context = context;
  }

  /** A condition of the daemon. */
  record Condition(String name, boolean good, String reason, String message) {}

  /** What {@code -o json} shows. */
  record Shown(
      String socket,
      String runtime,
      String version,
      int pods,
      int containers,
      List<Condition> conditions) {}

  @Override
  public Integer call() {
    Shown shown;
    try (CriClient client = node.connect(context)) {
      shown = ask(client);
    }
    if (output.json()) {
      Json.print(context.console(), shown);
    } else {
      print(context.console(), shown);
    }
    return shown.conditions().stream().allMatch(Condition::good) ? ExitCodes.OK : 1;
  }

  private Shown ask(CriClient client) {
    VersionResponse version =
        client.runtime(CallLimits.QUERY, stub -> stub.version(VersionRequest.getDefaultInstance()));
    StatusResponse status =
        client.runtime(CallLimits.QUERY, stub -> stub.status(StatusRequest.getDefaultInstance()));
    Directory directory = Directory.of(client);
    return new Shown(
        "unix://" + node.folder(context).resolve("cri.sock"),
        version.getRuntimeName(),
        version.getRuntimeVersion(),
        directory.pods().size(),
        directory.containers().size(),
        status.getStatus().getConditionsList().stream().map(StatusCommand::condition).toList());
  }

  private static Condition condition(RuntimeCondition condition) {
    return new Condition(
        condition.getType(), condition.getStatus(), condition.getReason(), condition.getMessage());
  }

  private static void print(Console console, Shown shown) {
    console.line(shown.runtime() + " " + shown.version() + " at " + shown.socket());
    console.line("%d pods, %d containers".formatted(shown.pods(), shown.containers()));
    for (Condition condition : shown.conditions()) {
      String why = condition.good() ? "" : ": " + condition.reason() + " " + condition.message();
      String line = condition.name() + (condition.good() ? " yes" : " no") + why;
      console.line(condition.good() ? line : console.bad(line));
    }
  }
}
