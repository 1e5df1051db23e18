package dev.beagle.runtime.virtio.mmio;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.runtime.virtio.ActiveQueues;
import java.io.IOException;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.BitSet;
import java.util.function.Consumer;
import java.util.function.IntConsumer;

/**
 * The platform thread of one activation of a device: processes the queues that it was woken for,
 * and tells of channels that are ready. {@link #wake} comes from any thread and never waits for
 * work; {@link #stop} is for the owner.
 */
final class DeviceWorker implements ActiveQueues.Worker {
  private final BitSet woken = new BitSet();
  private final Selector selector;
  private final Thread thread;
  private volatile boolean ending;

  private DeviceWorker(
      String device, Selector selector, IntConsumer process, Consumer<Throwable> died) {
    this.selector = selector;
    thread =
        Thread.ofPlatform()
            .daemon()
            .name("device-" + device)
            .unstarted(() -> {
              try (selector) {
                work(process);
              } catch (IOException | RuntimeException | Error e) {
                died.accept(e);
              }
            });
  }

  /**
   * @param died told, on the worker, of what processing threw; nothing is processed afterwards
   * @throws Failure EXHAUSTED when the system has no descriptors left
   */
  static DeviceWorker of(String device, IntConsumer process, Consumer<Throwable> died) {
    try {
      return new DeviceWorker(device, Selector.open(), process, died);
    } catch (IOException error) {
      throw Failure.of(
          FailureKind.EXHAUSTED, "device %s: %s".formatted(device, error.getMessage()), error);
    }
  }

  void start() {
    thread.start();
  }

  private void work(IntConsumer process) throws IOException {
    while (!ending) {
      selector.select(DeviceWorker::tell);
      // What is woken meanwhile has its turn after the others, and after the channels.
      BitSet round = takeWoken();
      for (int queue = round.nextSetBit(0);
          queue >= 0 && !ending;
          queue = round.nextSetBit(queue + 1)) {
        process.accept(queue);
      }
    }
  }

  private static void tell(SelectionKey key) {
    try {
      ((IntConsumer) key.attachment()).accept(key.readyOps());
    } catch (CancelledKeyException closed) {
      // by what was told before
    }
  }

  private synchronized BitSet takeWoken() {
    BitSet taken = (BitSet) woken.clone();
    woken.clear();
    return taken;
  }

  @Override
  public void wake(int queue) {
    boolean news;
    synchronized (this) {
      news = !woken.get(queue);
      woken.set(queue);
    }
    if (news) {
      selector.wakeup();
    }
  }

  @Override
  public boolean ending() {
    return ending;
  }

  @Override
  public SelectionKey watch(SelectableChannel channel, IntConsumer ready) throws IOException {
    return channel.register(selector, 0, ready);
  }

  /** Returns once nothing is processed any more. An interrupt of the caller waits until then. */
  void stop() {
    ending = true;
    selector.wakeup();
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
