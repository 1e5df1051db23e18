package dev.beagle.node.cli;

import dev.beagle.cri.v1.ContainerStatus;
import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.node.client.ContainerLog;
import dev.beagle.node.client.CriClient;
import dev.beagle.node.client.Directory;
import dev.beagle.node.client.PodSpec;
import dev.beagle.node.client.SinglePod;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.random.RandomGenerator;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * {@code beagle run}: a pod with one container. In the foreground what the container writes is
 * shown and its exit status is ours; Ctrl-C stops it, but with a terminal it is the container's.
 */
@Command(
    name = "run",
    description = {
      "Run a pod with one container of an image; pulls the image where it is not here.",
      "Without --rm the pod stands, with its address and host ports, until `beagle rm`."
    },
    mixinStandardHelpOptions = true)
final class RunCommand implements Callable<Integer>, Cli.RunsProcess {
  private static final int INTERRUPT_GRACE_SECONDS = 10;

  private final CliContext context;

  @Mixin final NodeOptions node = new NodeOptions();

  @Option(
      names = {"-d", "--detach"},
      description = "Leave it running and print its name.")
  boolean detach;

  @Option(
      names = "--rm",
      description =
          "This command removes the pod when the container ends; kill -9 of the command leaves it:"
              + " beagle rm -f.")
  boolean remove;

  @Option(names = "--name", paramLabel = "NAME", description = "Name of pod and container.")
  String name = "";

  @Option(
      names = {"-e", "--env"},
      paramLabel = "KEY[=VALUE]",
      description = "Set a variable; without a value the one it has here.")
  List<String> environment = List.of();

  @Option(
      names = {"-p", "--publish"},
      paramLabel = "[ADDRESS:]HOST:POD[/PROTOCOL]",
      description = "Lead a port of this host to one of the pod.")
  List<String> ports = List.of();

  @Option(
      names = {"-v", "--volume"},
      paramLabel = "HOST:POD[:ro]",
      description = "Show a file or folder of this host in the container.")
  List<String> volumes = List.of();

  @Option(
      names = {"-w", "--workdir"},
      paramLabel = "DIR",
      description = "Working folder (default: the image's).")
  String workingFolder = "";

  @Option(
      names = "--entrypoint",
      paramLabel = "PROGRAM",
      description = "Run this instead of the image's entry point.")
  String entrypoint = "";

  @Option(
      names = {"--sandbox", "--kind"},
      paramLabel = "KIND",
      description = "Sandbox kind (default: the node's; beagle doctor lists them).")
  String kind = "";

  @Option(
      names = {"-i", "--interactive"},
      description = "Pass standard input on.")
  boolean interactive;

  @Option(
      names = {"-t", "--tty"},
      description = "Give it a terminal; with -i it is ours.")
  boolean tty;

  @Parameters(index = "0", paramLabel = "IMAGE", description = "NAME[:TAG] or NAME@DIGEST.")
  String image = "";

  @Parameters(
      index = "1..*",
      arity = "0..*",
      paramLabel = "ARGUMENT",
      description = "Replace the image's command.")
  List<String> arguments = List.of();

  RunCommand(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() throws InterruptedException {
    if (detach && remove) {
      throw Failure.invalidArgument(
          "-d and --rm: nobody would be left to remove the pod; leave one out, and remove it with"
              + " beagle rm -f");
    }
    if (tty && !detach) {
      RawTerminal.require();
    }
    try (CriClient client = node.connect(context)) {
      RunKind runKind = RunKind.of(client, kind);
      String podName = RunOptions.name(name, image, RandomGenerator.getDefault());
      requireFree(client, podName);
      String uid = UUID.randomUUID().toString();
      PodSpec spec = spec(client, podName, uid, runKind);
      RunInterruption<SinglePod> interruption = new RunInterruption<>(new WhenInterrupted(spec));
      interruption.arm();
      try {
        return make(client, spec, interruption);
      } finally {
        interruption.over();
      }
    }
  }

  private int make(CriClient client, PodSpec spec, RunInterruption<SinglePod> interruption)
      throws InterruptedException {
    SinglePod pod;
    try {
      pod = SinglePod.create(client, spec.sandbox(), spec.container(), kind);
    } catch (Failure failure) {
      interruption.over();
      PodLogs.remove(node.folder(context), spec.uid());
      context
          .console()
          .note(
              wrongProgram(spec, failure)
                  .orElseGet(
                      () -> StartFailures.ofKind(kind, failure).replace(spec.imageId(), image)));
      return StartFailures.code(failure);
    }
    interruption.made(pod);
    return run(client, spec, pod, interruption);
  }

  private int run(
      CriClient client, PodSpec spec, SinglePod pod, RunInterruption<SinglePod> interruption)
      throws InterruptedException {
    if ((interactive || tty) && !detach) {
      return runAttached(client, spec, pod, interruption);
    }
    try {
      pod.start();
    } catch (Failure failure) {
      interruption.disarm();
      return notStarted(pod, spec, failure);
    }
    if (detach) {
      interruption.disarm();
      context.console().line(spec.name());
      return ExitCodes.OK;
    }
    Path logFile = spec.logFolder().resolve(spec.name() + ".log");
    ContainerLog log =
        new ContainerLog(logFile, context.console().out(), context.console().err(), false);
    Optional<ContainerStatus> status =
        new LogFollower(client, context.time()).follow(pod.containerId(), log);
    interruption.disarm();
    end(pod, spec, remove);
    return status.map(ContainerStatus::getExitCode).orElse(ExitCodes.CONTAINER_FAILED);
  }

  private int runAttached(
      CriClient client, PodSpec spec, SinglePod pod, RunInterruption<SinglePod> interruption)
      throws InterruptedException {
    try {
      int status = new AttachedRun(context, tty, interactive).run(client, pod);
      interruption.disarm();
      end(pod, spec, remove);
      return status;
    } catch (Failure failure) {
      interruption.disarm();
      if (failure.kind() == FailureKind.UNAVAILABLE) {
        throw failure;
      }
      return notStarted(pod, spec, failure);
    }
  }

  private int notStarted(SinglePod pod, PodSpec spec, Failure failure) {
    end(pod, spec, true);
    context.console().note(wrongProgram(spec, failure).orElse(failure.reason()));
    return StartFailures.code(failure);
  }

  /** OCI runtimes tell it at create or at start. */
  private Optional<String> wrongProgram(PodSpec spec, Failure failure) {
    if (StartFailures.notExecutable(failure)) {
      String wanted =
          entrypoint.isEmpty() ? arguments.stream().findFirst().orElse("the program") : entrypoint;
      return Optional.of(
          "pod %s: %s of image %s cannot be executed; nothing was left behind: %s"
              .formatted(spec.name(), wanted, image, failure.reason()));
    }
    return StartFailures.missingProgram(failure)
        .map(program ->
            "pod %s: image %s has no program %s; nothing was left behind"
                .formatted(spec.name(), image, program));
  }

  private final class WhenInterrupted implements RunInterruption.Actions<SinglePod> {
    private final PodSpec spec;

    WhenInterrupted(PodSpec spec) {
      this.spec = spec;
    }

    @Override
    public void waits() {
      context
          .console()
          .note("interrupted; pod %s is removed once it is made".formatted(spec.name()));
    }

    @Override
    public void remove(SinglePod pod) {
      orSay("removing", () -> RunCommand.this.end(pod, spec, true));
    }

    @Override
    public void stop(SinglePod pod) {
      orSay(
          "stopping",
          () -> {
            pod.stopContainer(INTERRUPT_GRACE_SECONDS);
            RunCommand.this.end(pod, spec, remove || detach);
          });
    }

    private void orSay(String doing, Runnable work) {
      try {
        work.run();
      } catch (RuntimeException error) {
        context.console().note("while %s %s: %s".formatted(doing, spec.name(), error.getMessage()));
      }
    }

    @Override
    public void end(boolean running) {
      context.console().out().flush();
      // Else another hook gives the terminal back, and a signal that is not Ctrl-C ends us.
      if (!running || !tty) {
        Runtime.getRuntime().halt(ExitCodes.of(FailureKind.CANCELLED));
      }
    }
  }

  private void end(SinglePod pod, PodSpec spec, boolean removed) {
    if (removed) {
      pod.remove();
      PodLogs.remove(node.folder(context), spec.uid());
    }
  }

  private PodSpec spec(CriClient client, String podName, String uid, RunKind runKind)
      throws InterruptedException {
    Path workingHere = context.host().workingFolder();
    List<dev.beagle.cri.v1.Mount> mounts =
        volumes.stream().map(text -> RunOptions.mount(text, workingHere)).toList();
    List<dev.beagle.cri.v1.PortMapping> published = ports.stream().map(RunOptions::port).toList();
    var variables = RunOptions.environment(environment, context.host().environment());
    runKind.requireMounts(mounts);
    String imageId = new RunImage(context, client, runKind).require(image);
    return new PodSpec(
        podName,
        uid,
        imageId,
        image,
        entrypoint.isEmpty() ? List.of() : List.of(entrypoint),
        arguments,
        variables,
        workingFolder,
        mounts,
        published,
        PodLogs.create(node.folder(context), uid),
        new PodSpec.Stdio(interactive, interactive && !detach, tty));
  }

  private static void requireFree(CriClient client, String podName) {
    if (Directory.of(client).findPodNamed(podName).isPresent()) {
      throw Failure.alreadyExists(
          "pod %s exists; choose another --name, or `beagle rm -f %s` first"
              .formatted(podName, podName));
    }
  }
}
