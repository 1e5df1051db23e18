package dev.beagle.lifecycle;

import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * Closes what it was given in reverse order, each exactly once, and keeps every error: the first is
 * thrown, later ones are its suppressed errors. Also the undo list of a step-by-step construction:
 * {@link #release()} after the last step keeps everything.
 *
 * <p>Confined to the thread that builds, then to the one that closes.
 */
public final class Closer implements AutoCloseable {
  private final Deque<AutoCloseable> resources = new ArrayDeque<>();

  /** Takes ownership and returns the resource. */
  public <T extends AutoCloseable> T register(T resource) {
    resources.push(resource);
    return resource;
  }

  /** Adds a step to undo; same order as resources. */
  public void onClose(Undo undo) {
    resources.push(undo);
  }

  /** Gives up ownership of everything: closing does nothing from now on. */
  public void release() {
    resources.clear();
  }

  /** Gives up ownership of everything to the closer returned. */
  public Closer handOver() {
    Closer successor = new Closer();
    resources.descendingIterator().forEachRemaining(successor.resources::push);
    release();
    return successor;
  }

  @Override
  public void close() {
    Throwable first = null;
    while (!resources.isEmpty()) {
      first = closeOne(resources.pop(), first);
    }
    if (first instanceof RuntimeException unchecked) {
      throw unchecked;
    }
    if (first instanceof Error error) {
      throw error;
    }
    if (first != null) {
      throw new IllegalStateException(first);
    }
  }

  private static @Nullable Throwable closeOne(AutoCloseable resource, @Nullable Throwable first) {
    try {
      resource.close();
      return first;
    } catch (Throwable error) {
      if (error instanceof InterruptedException) {
        Thread.currentThread().interrupt();
      }
      if (first == null) {
        return error;
      }
      first.addSuppressed(error);
      return first;
    }
  }

  /** A step that undoes another. */
  @FunctionalInterface
  public interface Undo extends AutoCloseable {
    @Override
    void close();
  }
}
