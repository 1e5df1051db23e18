package dev.beagle.node.cli;

import dev.beagle.cri.node.v1.StartAttachedRequest;
import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.node.client.CallLimits;
import dev.beagle.node.client.CriClient;
import dev.beagle.node.client.SinglePod;
import java.net.URI;
import java.util.Optional;

/**
 * Starts a container with our streams as its own: they are attached before its process is started,
 * so that nothing of its output is lost.
 */
final class AttachedRun {
  private final CliContext context;
  private final boolean tty;
  private final boolean interactive;

  AttachedRun(CliContext context, boolean tty, boolean interactive) {
    this.context = context;
    this.tty = tty;
    this.interactive = interactive;
  }

  /**
   * Returns the exit status of the container.
   *
   * @throws Failure UNAVAILABLE when the streams were lost and the container goes on; others when
   *     it was not started
   */
  int run(CriClient client, SinglePod pod) throws InterruptedException {
    URI url = URI.create(url(client, pod));
    try {
      return new RemoteCommand(context.console(), context.time(), System.in)
          .run(url, tty, interactive);
    } catch (Failure lost) {
      if (lost.kind() == FailureKind.UNAVAILABLE) {
        throw Failure.unavailable(lost.reason() + "; the container goes on (beagle ps)", lost);
      }
      throw lost;
    }
  }

  private String url(CriClient client, SinglePod pod) {
    Optional<Stty.Size> size = tty ? Stty.size() : Optional.empty();
    StartAttachedRequest request =
        StartAttachedRequest.newBuilder()
            .setContainerId(pod.containerId())
            .setStdin(interactive)
            .setStdout(true)
            .setStderr(!tty)
            .setColumns(size.map(Stty.Size::columns).orElse(0))
            .setRows(size.map(Stty.Size::rows).orElse(0))
            .build();
    try {
      return client.node(CallLimits.QUERY, stub -> stub.startAttached(request).getUrl());
    } catch (Failure failure) {
      if (failure.kind() == FailureKind.UNSUPPORTED) {
        throw Failure.unsupported(
            "the daemon is older than this program and knows no run -i and -t: start it anew");
      }
      throw failure;
    }
  }
}
