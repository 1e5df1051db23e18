package dev.beagle.runtime.virtio.mmio;

import java.util.BitSet;
import java.util.function.Consumer;
import java.util.function.IntConsumer;

/**
 * The platform thread of one activation of a device: processes the queues that it was woken for.
 * {@link #wake} comes from any thread and never waits for work; {@link #stop} is for the owner.
 */
final class DeviceWorker {
  private final BitSet woken = new BitSet();
  private final Thread thread;
  private volatile boolean ending;

  /**
   * @param died told, on the worker, of what processing threw; nothing is processed afterwards
   */
  DeviceWorker(String device, IntConsumer process, Consumer<Throwable> died) {
    thread =
        Thread.ofPlatform()
            .daemon()
            .name("device-" + device)
            .unstarted(() -> {
              try {
                work(process);
              } catch (RuntimeException | Error e) {
                died.accept(e);
              }
            });
  }

  void start() {
    thread.start();
  }

  private void work(IntConsumer process) {
    for (int queue = next(); queue >= 0; queue = next()) {
      process.accept(queue);
    }
  }

  private synchronized int next() {
    while (!ending && woken.isEmpty()) {
      try {
        wait();
      } catch (InterruptedException e) {
        throw new IllegalStateException("a device's worker is not interrupted", e);
      }
    }
    int queue = ending ? -1 : woken.nextSetBit(0);
    if (queue >= 0) {
      woken.clear(queue);
    }
    return queue;
  }

  synchronized void wake(int queue) {
    woken.set(queue);
    notifyAll();
  }

  boolean ending() {
    return ending;
  }

  /** Returns once nothing is processed any more. An interrupt of the caller waits until then. */
  void stop() {
    synchronized (this) {
      ending = true;
      notifyAll();
    }
    boolean interrupted = false;
    while (true) {
      try {
        thread.join();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
