package dev.beagle.image.pull;

import dev.beagle.failure.Failure;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * Runs work that needs a processor for long on a platform thread, so that virtual threads, which
 * serve calls, keep their carriers.
 */
final class PlatformTask {
  private PlatformTask() {}

  /**
   * Runs the work and waits for it. Interrupting the waiting thread interrupts the work.
   *
   * @throws Failure CANCELLED after the work has ended, where the waiting thread was interrupted
   */
  static <T> T run(String name, Callable<T> work) {
    FutureTask<T> task = new FutureTask<>(work);
    Thread thread = Thread.ofPlatform().name(name).daemon().start(task);
    try {
      return task.get();
    } catch (InterruptedException interrupted) {
      thread.interrupt();
      joinUninterruptibly(thread);
      Thread.currentThread().interrupt();
      throw Failure.cancelled("interrupted while waiting for " + name);
    } catch (ExecutionException failed) {
      switch (failed.getCause()) {
        case RuntimeException unchecked -> throw unchecked;
        case Error error -> throw error;
        case null, default -> throw Failure.internal(name + ": " + failed.getMessage(), failed);
      }
    }
  }

  static void joinUninterruptibly(Thread thread) {
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException again) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
