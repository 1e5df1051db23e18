package dev.beagle.node.cli;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.node.config.Host;
import dev.beagle.node.demo.Demo;
import dev.beagle.node.demo.DemoSandbox;
import dev.beagle.node.demo.NextSteps;
import dev.beagle.runtime.microvm.MicroVmKind;
import dev.beagle.runtime.microvm.MicroVmRequirements;
import dev.beagle.runtime.namespaces.NamespacesKind;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code beagle demo}: ends by itself and leaves nothing, also when it is interrupted. */
@Command(
    name = "demo",
    description = "Start a node in a temporary folder, run a pod, fetch its page, leave nothing.",
    mixinStandardHelpOptions = true)
final class DemoCommand implements Callable<Integer> {
  private static final List<String> KINDS = List.of(NamespacesKind.NAME, MicroVmKind.NAME);

  private final CliContext context;

  @Option(names = "--keep", description = "Leave it running and say what to type next.")
  boolean keep;

  @Option(names = "--end", paramLabel = "DIR", description = "End what --keep left running in DIR.")
  @Nullable Path ended;

  @Option(
      names = "--sandbox",
      paramLabel = "KIND",
      description = "What the pod runs in: namespaces or hvf (a micro-VM; on Linux by hv-sim).")
  String sandbox = "";

  @Option(
      names = "--guest-image",
      paramLabel = "DIR",
      description = "What a micro-VM boots; ./beagle builds one.")
  @Nullable Path guestImage;

  @Option(
      names = "--hypervisor-library",
      paramLabel = "FILE",
      description = "What stands in for Hypervisor.framework; ./beagle builds hv-sim.")
  @Nullable Path hypervisorLibrary;

  DemoCommand(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    Host host = context.host();
    if (!sandbox.isEmpty() && !KINDS.contains(sandbox)) {
      throw Failure.invalidArgument(
          "--sandbox %s: no such kind; there are: %s"
              .formatted(Failure.printable(sandbox), String.join(", ", KINDS)));
    }
    if (ended != null) {
      Demo.end(context.console(), context.time(), host.workingFolder().resolve(ended).normalize());
      return ExitCodes.OK;
    }
    requireAble(host);
    Demo demo =
        Demo.prepare(
            context.console(),
            context.time(),
            context.installation(),
            shortFolder(host),
            new DemoSandbox(sandbox, in(host, guestImage), in(host, hypervisorLibrary)));
    Thread interrupted =
        Thread.ofPlatform()
            .name("interrupted")
            .unstarted(() -> {
              context.console().err().println();
              context.console().note("interrupted: ending the node");
              demo.close();
              Runtime.getRuntime().halt(ExitCodes.of(FailureKind.CANCELLED));
            });
    Runtime.getRuntime().addShutdownHook(interrupted);
    try {
      demo.run(keep ? Optional.of(nextSteps(host)) : Optional.empty());
    } catch (Failure failure) {
      disarm(interrupted);
      throw Failure.of(failure.kind(), failure.reason() + demo.giveUp(), failure);
    }
    disarm(interrupted);
    if (!keep) {
      demo.close();
    }
    return ExitCodes.OK;
  }

  private static NextSteps nextSteps(Host host) {
    return new NextSteps(!host.environment().getOrDefault("SUDO_UID", "").isEmpty());
  }

  private static Optional<Path> in(Host host, @Nullable Path path) {
    return Optional.ofNullable(path).map(host.workingFolder()::resolve).map(Path::normalize);
  }

  private static void disarm(Thread interrupted) {
    try {
      Runtime.getRuntime().removeShutdownHook(interrupted);
    } catch (IllegalStateException endingAlready) {
      // Ctrl-C came first: its thread cleans up and ends the process, whatever became of our step
      joinForEver(interrupted);
    }
  }

  private static void joinForEver(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException stopping) {
      Thread.currentThread().interrupt();
    }
  }

  private void requireAble(Host host) {
    if (host.mac()) {
      throw Failure.unsupported(
          "pods do not run on macOS yet: micro-VMs have run on a simulated Hypervisor.framework"
              + " only; on Linux the demo runs today");
    }
    if (!host.root()) {
      throw Failure.denied(
          "the demo makes networks and mounts and so needs root: sudo ./beagle demo");
    }
    String problem =
        sandbox.equals(MicroVmKind.NAME)
            ? MicroVmRequirements.problem(
                host.platform(), in(host, guestImage), in(host, hypervisorLibrary))
            : "";
    if (!problem.isEmpty()) {
      throw Failure.unavailable(
          "--sandbox hvf: %s; in a source tree ./beagle builds and names both".formatted(problem));
    }
  }

  /** Sockets lie in it, and their paths must be short; TMPDIR is often long. */
  private static Path shortFolder(Host host) {
    return host.temporary().toString().length() > 24 ? Path.of("/tmp") : host.temporary();
  }
}
