package dev.beagle.node.cri;

import dev.beagle.failure.Failure;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/**
 * Images in memory. {@code busybox} can be pulled; a test can make the next pull fail, or hang
 * until it is interrupted. Thread-safe.
 */
final class SimulatedImages implements NodeImages {
  static final String BUSYBOX_ID = "sha256:" + "ab".repeat(32);
  static final String BUSYBOX_DIGEST = "docker.io/library/busybox@sha256:" + "cd".repeat(32);

  private final Map<String, NodeImage> images = new ConcurrentHashMap<>();
  volatile @Nullable Failure nextFailure;
  volatile boolean hang;
  final CountDownLatch pulling = new CountDownLatch(1);
  final CountDownLatch interrupted = new CountDownLatch(1);
  volatile Optional<RegistryLogin> lastLogin = Optional.empty();

  void add(NodeImage image) {
    images.put(image.id(), image);
  }

  static NodeImage busybox(String user) {
    return new NodeImage(
        BUSYBOX_ID,
        List.of("docker.io/library/busybox:latest"),
        List.of(BUSYBOX_DIGEST),
        4_000_000,
        user,
        false);
  }

  @Override
  public String pull(String reference, Optional<RegistryLogin> login, PullListener listener) {
    lastLogin = login;
    Failure failure = nextFailure;
    nextFailure = null;
    if (failure != null) {
      throw failure;
    }
    if (hang) {
      awaitInterrupt();
    }
    Layer base = new Layer("sha256:" + "01".repeat(32), LayerState.WAITING, 0, 3_000_000);
    Layer top = new Layer("sha256:" + "02".repeat(32), LayerState.WAITING, 0, 1_000_000);
    listener.resolved(List.of(base, top));
    listener.changed(new Layer(base.digest(), LayerState.PRESENT, 3_000_000, 3_000_000));
    listener.changed(new Layer(top.digest(), LayerState.DONE, 1_000_000, 1_000_000));
    if (!reference.contains("busybox")) {
      throw Failure.notFound("image", reference);
    }
    add(busybox(""));
    return BUSYBOX_ID;
  }

  private void awaitInterrupt() {
    pulling.countDown();
    try {
      new CountDownLatch(1).await();
    } catch (InterruptedException stop) {
      interrupted.countDown();
      throw Failure.cancelled("the pull was interrupted");
    }
  }

  @Override
  public Optional<NodeImage> find(String reference) {
    return images.values().stream()
        .filter(image ->
            image.id().startsWith(reference)
                || image.id().startsWith("sha256:" + reference)
                || image.tags().contains(reference)
                || image.tags().contains("docker.io/library/" + reference + ":latest")
                || image.digests().contains(reference))
        .findFirst();
  }

  @Override
  public List<NodeImage> list() {
    return List.copyOf(images.values());
  }

  @Override
  public String configJson(String id) {
    return "{\"architecture\":\"amd64\"}";
  }

  @Override
  public void remove(String id) {
    images.remove(id);
  }
}
