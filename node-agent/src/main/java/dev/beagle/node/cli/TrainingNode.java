package dev.beagle.node.cli;

import dev.beagle.cri.v1.ExecSyncRequest;
import dev.beagle.cri.v1.ListContainersRequest;
import dev.beagle.cri.v1.ListPodSandboxRequest;
import dev.beagle.lifecycle.Closer;
import dev.beagle.node.cli.NodeStarter.RunningNode;
import dev.beagle.node.client.CallLimits;
import dev.beagle.node.client.CriClient;
import dev.beagle.node.client.Images;
import dev.beagle.node.client.PodSpec;
import dev.beagle.node.client.SinglePod;
import dev.beagle.node.config.ConfigLoader;
import dev.beagle.node.config.NodeConfig;
import dev.beagle.node.embedded.EmbeddedImage;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * A whole node in the training run, on which pods of the embedded image live and die: so the AOT
 * cache holds what a daemon's calls load, and how often which code ran. It needs what pods need,
 * and takes the pod network for itself: the launcher gives it namespaces of its own.
 */
final class TrainingNode {
  /** The compilers of the run after have enough to go by; a pod takes some 100 ms here. */
  private static final int PODS = 8;

  private static final int COMMANDS_PER_POD = 3;

  private final CliContext context;
  private final Path folder;

  TrainingNode(CliContext context, Path folder) {
    this.context = context;
    this.folder = folder;
  }

  void run() {
    NodeConfig config =
        new ConfigLoader(context.host())
            .load(
                Optional.empty(),
                Optional.of(folder.resolve("root")),
                Optional.of(folder.resolve("run")));
    try (Closer closer = new Closer()) {
      closer.register(NodeFolder.claim(config.root(), "root"));
      closer.register(NodeFolder.claim(config.run(), "run"));
      RunningNode node = context.starter().start(config, context.installation());
      closer.onClose(() -> node.stop(true));
      CriClient client = closer.register(CriClient.connect(config.criSocket()));
      String image = new Images(client).pull(EmbeddedImage.REFERENCE);
      for (int number = 0; number < PODS; number++) {
        livePod(client, "train-" + number, image);
      }
    }
  }

  private void livePod(CriClient client, String name, String image) {
    PodSpec spec =
        new PodSpec(
            name,
            UUID.randomUUID().toString(),
            image,
            EmbeddedImage.REFERENCE,
            List.of(),
            List.of(),
            Map.of(),
            "",
            List.of(),
            List.of(),
            folder.resolve("logs"),
            PodSpec.Stdio.NONE);
    SinglePod pod = SinglePod.create(client, spec.sandbox(), spec.container(), "");
    pod.start();
    for (int number = 0; number < COMMANDS_PER_POD; number++) {
      client.runtime(
          CallLimits.CHANGE,
          stub ->
              stub.execSync(
                  ExecSyncRequest.newBuilder()
                      .setContainerId(pod.containerId())
                      .addCmd(EmbeddedImage.PROGRAM_PATH)
                      .addCmd("--help")
                      .setTimeout(10)
                      .build()));
    }
    client.runtime(
        CallLimits.QUERY, stub -> stub.listPodSandbox(ListPodSandboxRequest.getDefaultInstance()));
    client.runtime(
        CallLimits.QUERY, stub -> stub.listContainers(ListContainersRequest.getDefaultInstance()));
    pod.remove();
  }
}
