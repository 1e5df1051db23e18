package dev.beagle.e2e;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/**
 * A class of tests on one running node with a registry. After each test all its pods are removed,
 * and there may be nothing on the machine that was not there before it.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(120)
abstract class NodeIT {
  static final int REGISTRY_PORT = 5000;

  private @Nullable Node node;
  private @Nullable Registry registry;
  private @Nullable LeakCheck leaks;

  final Node node() {
    return java.util.Objects.requireNonNull(node, "before the node is there");
  }

  final Crictl crictl() {
    return node().crictl();
  }

  /** Pulled before the first test, so that no test leaves files of images. */
  java.util.List<String> images() {
    return java.util.List.of(Crictl.BUSYBOX, Crictl.PROBE);
  }

  /** More of the daemon's configuration; skips the class where what it asks for is missing. */
  String configuration(Prepared prepared) {
    return "";
  }

  LeakCheck remember(Node node) {
    return LeakCheck.of(node);
  }

  @BeforeAll
  final void startNode() {
    Prepared prepared = Prepared.orSkip();
    Node made = Node.make(prepared, configuration(prepared));
    node = made;
    registry = Registry.start(prepared, made.base(), REGISTRY_PORT, false);
    for (String host : java.util.List.of("registry.k8s.io", "k8s.gcr.io", "gcr.io", "docker.io")) {
      registry.mirror(made.hosts(), host);
    }
    made.start();
    images().forEach(image -> crictl().run("pull", image));
    makeOnePod(made);
  }

  /** What a node makes once for all pods is there from here on. */
  private void makeOnePod(Node made) {
    crictl().run("pull", Crictl.BUSYBOX);
    Crictl.Pod first = crictl().runPod(Config.pod(made, "first"));
    crictl().startContainer(first, Config.container("first", Crictl.BUSYBOX, "true"));
    crictl().remove(first);
    if (!images().contains(Crictl.BUSYBOX)) {
      crictl().run("rmi", Crictl.BUSYBOX);
    }
  }

  @AfterAll
  final void endNode() {
    if (node != null) {
      node.close();
    }
    if (registry != null) {
      registry.close();
    }
  }

  @BeforeEach
  final void rememberWhatThereIs() {
    leaks = remember(node());
  }

  @AfterEach
  final void nothingIsLeft() {
    if (!node().running()) {
      node().start();
    }
    crictl().removeAllPods();
    java.util.Objects.requireNonNull(leaks).nothingLeft();
  }
}
