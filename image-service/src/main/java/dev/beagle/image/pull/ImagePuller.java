package dev.beagle.image.pull;

import dev.beagle.failure.Failure;
import dev.beagle.image.catalog.Image;
import dev.beagle.image.reference.Digest;
import dev.beagle.image.reference.Platform;
import dev.beagle.image.reference.Reference;
import dev.beagle.image.registry.Credentials;
import dev.beagle.image.registry.RegistrySession;
import dev.beagle.image.registry.RegistrySettings;
import dev.beagle.time.Time;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Pulls images. Pulls of the same name and platform with the same credentials that run at the same
 * time are one; it is given up when the last of its callers gives up. Thread-safe.
 */
final class ImagePuller implements AutoCloseable {
  private final ImageAssembly assembly;
  private final RegistrySettings settings;
  private final Time time;
  private final Map<PullKey, SharedPull> running = new HashMap<>();
  private boolean closed;

  ImagePuller(ImageAssembly assembly, RegistrySettings settings, Time time) {
    this.assembly = assembly;
    this.settings = settings;
    this.time = time;
  }

  /**
   * Brings the image here, or up to date: the registry is asked in any case.
   *
   * @throws Failure NOT_FOUND, UNAUTHENTICATED, DENIED, UNAVAILABLE as the registry answers;
   *     CORRUPTED, EXHAUSTED, UNSUPPORTED for content that cannot be used; CANCELLED where the
   *     calling thread was interrupted, after everything of an abandoned pull is undone
   */
  Image pull(
      Reference reference,
      Platform platform,
      Optional<Credentials> credentials,
      PullProgress progress) {
    PullKey key = new PullKey(reference, platform, credentials);
    SharedPull pull;
    synchronized (this) {
      if (closed) {
        throw Failure.cancelled("pull of " + reference + ": the image service is closed");
      }
      pull =
          running.computeIfAbsent(
              key, _ -> new SharedPull("pull-" + reference, shared -> run(key, shared)));
      pull.join(progress);
    }
    try {
      return pull.await();
    } catch (InterruptedException interrupted) {
      leave(key, pull, progress);
      Thread.currentThread().interrupt();
      throw Failure.cancelled("pull of " + reference + ": cancelled");
    }
  }

  private void leave(PullKey key, SharedPull pull, PullProgress progress) {
    synchronized (this) {
      if (pull.leave(progress)) {
        return;
      }
      running.remove(key, pull);
    }
    pull.cancel();
  }

  private Image run(PullKey key, SharedPull shared) {
    try (RegistrySession session =
        RegistrySession.open(key.reference().repository(), settings, key.credentials(), time)) {
      return assembly.assemble(
          new RegistrySource(session, key.reference()),
          key.platform(),
          target -> names(key.reference(), target),
          shared);
    } finally {
      synchronized (this) {
        running.remove(key, shared);
      }
    }
  }

  private static List<Reference> names(Reference reference, Digest target) {
    return switch (reference) {
      case Reference.Tagged tagged ->
          List.of(tagged, new Reference.Digested(tagged.repository(), target));
      case Reference.Digested digested -> List.of(digested);
    };
  }

  /** Cancels what runs and waits for its end. */
  @Override
  public void close() {
    List<SharedPull> abandoned;
    synchronized (this) {
      closed = true;
      abandoned = List.copyOf(running.values());
      running.clear();
    }
    abandoned.forEach(SharedPull::cancel);
  }

  private record PullKey(
      Reference reference, Platform platform, Optional<Credentials> credentials) {}
}
