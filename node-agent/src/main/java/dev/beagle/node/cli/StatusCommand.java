package dev.beagle.node.cli;

import dev.beagle.cri.v1.ContainerState;
import dev.beagle.cri.v1.PodSandbox;
import dev.beagle.cri.v1.PodSandboxState;
import dev.beagle.cri.v1.RuntimeCondition;
import dev.beagle.cri.v1.StatusRequest;
import dev.beagle.cri.v1.StatusResponse;
import dev.beagle.cri.v1.VersionRequest;
import dev.beagle.cri.v1.VersionResponse;
import dev.beagle.failure.Failure;
import dev.beagle.node.client.CallLimits;
import dev.beagle.node.client.CriClient;
import dev.beagle.node.client.Directory;
import dev.beagle.node.output.Console;
import dev.beagle.node.output.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * {@code beagle status}: whether the daemon is well; exit status 1 when it says it is not, and when
 * somebody should look.
 */
@Command(
    name = "status",
    description = "Show whether the daemon is well and what it runs.",
    mixinStandardHelpOptions = true)
final class StatusCommand implements Callable<Integer> {
  private static final int MOST_ENDED = 5;

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
      int podsNotReady,
      int containers,
      int containersExited,
      List<Condition> conditions,
      List<Problem> problems,
      List<Ended> ended) {}

  /** A pod that ended by itself and was not removed since. */
  record Ended(String pod, String podId, String reason) {}

  /** What an operator should know beside the conditions. */
  record Problem(String reason, String message) {}

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
    boolean well =
        shown.conditions().stream().allMatch(Condition::good) && shown.problems().isEmpty();
    return well ? ExitCodes.OK : 1;
  }

  private Shown ask(CriClient client) {
    VersionResponse version =
        client.runtime(CallLimits.QUERY, stub -> stub.version(VersionRequest.getDefaultInstance()));
    StatusResponse status =
        client.runtime(
            CallLimits.QUERY,
            stub -> stub.status(StatusRequest.newBuilder().setVerbose(true).build()));
    Directory directory = Directory.of(client);
    return new Shown(
        "unix://" + node.folder(context).resolve("cri.sock"),
        version.getRuntimeName(),
        version.getRuntimeVersion(),
        directory.pods().size(),
        count(directory.pods(), pod -> pod.getState() == PodSandboxState.SANDBOX_NOTREADY),
        directory.containers().size(),
        count(
            directory.containers(),
            container -> container.getState() == ContainerState.CONTAINER_EXITED),
        status.getStatus().getConditionsList().stream().map(StatusCommand::condition).toList(),
        problems(status.getInfoOrDefault("problems", "[]")),
        ended(client, directory));
  }

  private static List<Ended> ended(CriClient client, Directory directory) {
    List<Ended> ended = new ArrayList<>();
    for (PodSandbox pod : directory.pods()) {
      if (pod.getState() == PodSandboxState.SANDBOX_NOTREADY) {
        PodDetail detail = PodDetail.of(client, pod.getId());
        if (detail.endedByItself()) {
          ended.add(new Ended(pod.getMetadata().getName(), pod.getId(), detail.reason()));
        }
      }
    }
    return ended;
  }

  /** An older daemon tells of none. */
  private static List<Problem> problems(String json) {
    try {
      List<Problem> problems = new ArrayList<>();
      for (JsonNode problem : JsonMapper.shared().readTree(json)) {
        problems.add(
            new Problem(problem.path("reason").asString(""), problem.path("message").asString("")));
      }
      return problems;
    } catch (JacksonException malformed) {
      throw Failure.corrupted("the daemon's status cannot be read", malformed);
    }
  }

  private static <T> int count(List<T> all, Predicate<T> wanted) {
    return (int) all.stream().filter(wanted).count();
  }

  /** {@code 3 pods (1 not ready)}; nothing in brackets where there is none of that. */
  private static String counted(String noun, int all, int some, String which) {
    String plural = all == 1 ? "" : "s";
    return all + " " + noun + plural + (some == 0 ? "" : " (" + some + " " + which + ")");
  }

  private static Condition condition(RuntimeCondition condition) {
    return new Condition(
        condition.getType(), condition.getStatus(), condition.getReason(), condition.getMessage());
  }

  private static void print(Console console, Shown shown) {
    console.line(shown.runtime() + " " + shown.version() + " at " + shown.socket());
    console.line(
        counted("pod", shown.pods(), shown.podsNotReady(), "not ready")
            + ", "
            + counted("container", shown.containers(), shown.containersExited(), "exited"));
    for (Condition condition : shown.conditions()) {
      String why = condition.good() ? "" : ": " + condition.reason() + " " + condition.message();
      String line = condition.name() + (condition.good() ? " yes" : " no") + why;
      console.line(condition.good() ? line : console.bad(line));
    }
    for (Problem problem : shown.problems()) {
      console.line(console.bad(problem.reason() + ": " + problem.message()));
    }
    for (Ended ended : shown.ended().stream().limit(MOST_ENDED).toList()) {
      console.line("pod " + ended.pod() + " ended: " + Failure.printable(ended.reason()));
    }
    int more = shown.ended().size() - MOST_ENDED;
    if (more > 0) {
      console.line("and " + more + " more: beagle ps -a -o json");
    }
  }
}
