package dev.beagle.node.cli;

import dev.beagle.lifecycle.Closer;
import dev.beagle.node.cli.NodeStarter.RunningNode;
import dev.beagle.node.config.ConfigLoader;
import dev.beagle.node.config.NodeConfig;
import dev.beagle.node.config.Version;
import dev.beagle.node.output.Units;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * {@code beagle daemon}: runs in the foreground until SIGTERM or SIGINT. Writes one line to
 * standard output when it serves; everything else goes to standard error.
 */
@Command(
    name = "daemon",
    description = "Run the node in the foreground: serves the CRI on RUN/cri.sock.",
    mixinStandardHelpOptions = true)
final class DaemonCommand implements Callable<Integer> {
  private final CliContext context;

  @Option(
      names = "--root",
      paramLabel = "DIR",
      description = "Images and what survives a reboot (root on Linux: /var/lib/beagle).")
  @Nullable Path root;

  @Option(
      names = "--run",
      paramLabel = "DIR",
      description = "Sockets and what runs now (root on Linux: /run/beagle).")
  @Nullable Path run;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "YAML file; its keys: docs/configuration.md.")
  @Nullable Path config;

  @Option(
      names = "--stop-pods",
      description = "End the pods when the daemon ends; without it they run on.")
  boolean stopPods;

  DaemonCommand(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() throws InterruptedException {
    long begin = context.time().nanos();
    NodeConfig node =
        new ConfigLoader(context.host())
            .load(Optional.ofNullable(config), Optional.ofNullable(root), Optional.ofNullable(run));
    try (Closer closer = new Closer()) {
      closer.register(NodeFolder.claim(node.root(), "root"));
      closer.register(NodeFolder.claim(node.run(), "run"));
      Logging.begin(node.log().level());
      RunningNode running = context.starter().start(node, context.installation());
      announce(node, running, Duration.ofNanos(context.time().nanos() - begin));
      awaitSignal(running);
    }
    return ExitCodes.OK;
  }

  private void announce(NodeConfig node, RunningNode running, Duration took) {
    context
        .console()
        .line(
            "beagle %s ready: cri unix://%s (%s) in %s"
                .formatted(
                    Version.CURRENT, node.criSocket(), running.summary(), Units.seconds(took)));
  }

  /**
   * Waits for ever: the JVM's shutdown, which a signal begins, stops the node and ends the process
   * with status 0, for an asked-for end is no failure.
   */
  private void awaitSignal(RunningNode running) throws InterruptedException {
    Runtime.getRuntime()
        .addShutdownHook(
            Thread.ofPlatform()
                .name("shutdown")
                .unstarted(() -> {
                  int status = stop(running);
                  context.console().out().flush();
                  Runtime.getRuntime().halt(status);
                }));
    new CountDownLatch(1).await();
  }

  private int stop(RunningNode running) {
    try {
      running.stop(stopPods);
      return ExitCodes.OK;
    } catch (RuntimeException error) {
      context.console().note("while stopping: " + error.getMessage());
      return 1;
    }
  }
}
