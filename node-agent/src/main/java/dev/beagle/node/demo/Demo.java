package dev.beagle.node.demo;

import dev.beagle.cri.v1.PodSandboxStatusRequest;
import dev.beagle.cri.v1.PortForwardRequest;
import dev.beagle.cri.v1.PortMapping;
import dev.beagle.failure.Failure;
import dev.beagle.node.client.CallLimits;
import dev.beagle.node.client.CriClient;
import dev.beagle.node.client.Images;
import dev.beagle.node.client.PodSpec;
import dev.beagle.node.client.SinglePod;
import dev.beagle.node.client.SpdyConnection;
import dev.beagle.node.config.Installation;
import dev.beagle.node.embedded.EmbeddedImage;
import dev.beagle.node.output.Console;
import dev.beagle.runtime.microvm.MicroVmKind;
import dev.beagle.time.Time;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * The whole way of a pod, shown step by step. Confined to one thread, but for {@link #end}, which a
 * shutdown hook may call too.
 */
public final class Demo implements AutoCloseable {
  private static final String POD = "web";

  private final Console console;
  private final Time time;
  private final Installation installation;
  private final Steps steps;
  private final TemporaryNode node;
  private final DemoSandbox sandbox;

  private Demo(
      Console console, Time time, Installation installation, Path temporary, DemoSandbox sandbox) {
    this.console = console;
    this.time = time;
    this.installation = installation;
    this.steps = new Steps(console, time);
    this.node = TemporaryNode.prepare(temporary, sandbox, time);
    this.sandbox = sandbox;
  }

  /** Makes the temporary folder; nothing runs yet. */
  public static Demo prepare(
      Console console, Time time, Installation installation, Path temporary, DemoSandbox sandbox) {
    return new Demo(console, time, installation, temporary, sandbox);
  }

  /**
   * Runs all steps.
   *
   * @param kept leave pod and node running and say how to go on; empty to end both
   * @throws Failure of the first step that does not work
   */
  public void run(Optional<NextSteps> kept) {
    console.line(
        console.bold("Beagle demo")
            + ": a node of its own in "
            + node.folder()
            + ", nothing else is touched");
    steps.run("node started", () -> node.start(installation));
    try (CriClient client = CriClient.connect(node.socket())) {
      Pod pod = runPod(client);
      visit(client, pod);
      if (kept.isPresent()) {
        explain(pod, kept.get());
        return;
      }
      steps.run(
          "pod stopped and removed",
          () -> {
            pod.handle().stopContainer(2);
            pod.handle().remove();
            return "";
          });
    }
    steps.run("node stopped, nothing left", node::end);
    console.line("");
    console.line(
        console.good("Done")
            + " in "
            + steps.total()
            + ". Next: ./beagle demo "
            + (sandbox.kind().isEmpty() ? "" : "--sandbox " + sandbox.kind() + " ")
            + "--keep, ./beagle doctor, ./beagle --help");
  }

  private record Pod(SinglePod handle, String address, int hostPort) {}

  private Pod runPod(CriClient client) {
    Images images = new Images(client);
    StringHolder image = new StringHolder();
    steps.run(
        "image loaded",
        () -> {
          image.value = images.pull(EmbeddedImage.REFERENCE);
          return EmbeddedImage.REFERENCE + ", from this program";
        });
    int hostPort = FreePorts.tcp();
    PodSpec spec =
        new PodSpec(
            POD,
            UUID.randomUUID().toString(),
            image.value,
            EmbeddedImage.REFERENCE,
            List.of(),
            List.of(),
            Map.of(),
            "",
            List.of(),
            List.of(
                PortMapping.newBuilder()
                    .setContainerPort(EmbeddedImage.PORT)
                    .setHostPort(hostPort)
                    .setHostIp("127.0.0.1")
                    .build()),
            node.logFolder(),
            PodSpec.Stdio.NONE);
    StringHolder podId = new StringHolder();
    StringHolder address = new StringHolder();
    steps.run(
        "pod running",
        () -> {
          podId.value = SinglePod.runSandbox(client, spec.sandbox(), "");
          address.value = address(client, podId.value);
          return POD + ", address " + address.value + (machine() ? ", a micro-VM" : "");
        });
    StringHolder containerId = new StringHolder();
    steps.run(
        "container running",
        () -> {
          containerId.value =
              SinglePod.createContainer(client, podId.value, spec.sandbox(), spec.container());
          new SinglePod(client, podId.value, containerId.value).start();
          return POD + "/" + POD;
        });
    return new Pod(new SinglePod(client, podId.value, containerId.value), address.value, hostPort);
  }

  private void visit(CriClient client, Pod pod) {
    WebPage page = new WebPage(time);
    steps.run(
        "page by pod address",
        () -> page.fetch(new InetSocketAddress(pod.address(), EmbeddedImage.PORT)));
    steps.run("page by port-forward", () -> forwarded(client, pod, page));
    steps.run(
        "page by host port",
        () -> page.fetch(new InetSocketAddress(InetAddress.getLoopbackAddress(), pod.hostPort())));
  }

  private static String forwarded(CriClient client, Pod pod, WebPage page) {
    String url =
        client.runtime(
            CallLimits.QUERY,
            stub ->
                stub.portForward(
                        PortForwardRequest.newBuilder()
                            .setPodSandboxId(pod.handle().podId())
                            .addPort(EmbeddedImage.PORT)
                            .build())
                    .getUrl());
    try (SpdyConnection connection =
        SpdyConnection.open(URI.create(url), SpdyConnection.PORT_FORWARD)) {
      return page.fetch(connection, EmbeddedImage.PORT);
    }
  }

  private static String address(CriClient client, String podId) {
    String address =
        client.runtime(
            CallLimits.QUERY,
            stub ->
                stub.podSandboxStatus(
                        PodSandboxStatusRequest.newBuilder().setPodSandboxId(podId).build())
                    .getStatus()
                    .getNetwork()
                    .getIp());
    if (address.isEmpty()) {
      throw Failure.internal("pod " + POD + " has no address");
    }
    return address;
  }

  private boolean machine() {
    return sandbox.kind().equals(MicroVmKind.NAME);
  }

  private void explain(Pod pod, NextSteps next) {
    console.line("");
    console.line(console.bold("It goes on running.") + " Try:");
    next.lines(node, POD, machine()).forEach(line -> console.line("  " + line));
    console.line("  curl http://" + pod.address() + "/");
    console.line("  curl http://127.0.0.1:" + pod.hostPort() + "/");
    console.line("and when you have seen enough:");
    console.line("  " + next.end(node));
  }

  /** What was kept running is ended and removed. */
  public static void end(Console console, Time time, Path folder) {
    TemporaryNode node = TemporaryNode.existing(folder, time);
    new Steps(console, time).run("node stopped, nothing left", node::end);
  }

  /** After a failure: ends everything, but keeps the daemon's log; returns a remark on where. */
  public String giveUp() {
    String remark = node.saveLog().map(log -> " (the daemon's log: " + log + ")").orElse("");
    try {
      node.end();
      return remark;
    } catch (Failure left) {
      return remark + "; also: " + left.reason();
    }
  }

  /** Ends whatever runs and removes the folder; repeatable, and silent when nothing is there. */
  @Override
  public void close() {
    node.end();
  }

  /** A value that a step leaves for the next. */
  private static final class StringHolder {
    private String value = "";
  }
}
