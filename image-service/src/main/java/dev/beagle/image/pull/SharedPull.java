package dev.beagle.image.pull;

import dev.beagle.failure.Failure;
import dev.beagle.image.catalog.Image;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Function;

/**
 * One pull on a virtual thread of its own, with everybody who waits for it. Joining and leaving
 * happen under the puller's lock.
 */
final class SharedPull implements PullProgress {
  private final List<PullProgress> listeners = new CopyOnWriteArrayList<>();
  private final FutureTask<Image> task;
  private final Thread thread;
  private int callers;

  SharedPull(String name, Function<SharedPull, Image> work) {
    this.task = new FutureTask<>(() -> work.apply(this));
    this.thread = Thread.ofVirtual().name(name).unstarted(task);
  }

  void join(PullProgress progress) {
    listeners.add(progress);
    if (callers++ == 0) {
      thread.start();
    }
  }

  /** Whether somebody else still waits. */
  boolean leave(PullProgress progress) {
    listeners.remove(progress);
    return --callers > 0;
  }

  /** Stops the work and waits until it is undone. */
  void cancel() {
    thread.interrupt();
    PlatformTask.joinUninterruptibly(thread);
  }

  Image await() throws InterruptedException {
    try {
      return task.get();
    } catch (ExecutionException failed) {
      switch (failed.getCause()) {
        case RuntimeException unchecked -> throw unchecked;
        case Error error -> throw error;
        case null, default -> throw Failure.internal(String.valueOf(failed.getMessage()), failed);
      }
    }
  }

  @Override
  public void accept(PullEvent event) {
    listeners.forEach(listener -> listener.accept(event));
  }
}
