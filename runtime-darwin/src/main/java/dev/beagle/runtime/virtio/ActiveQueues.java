package dev.beagle.runtime.virtio;

import java.io.IOException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.util.List;
import java.util.Optional;
import java.util.function.IntConsumer;
import java.util.function.ToLongFunction;

/**
 * The queues of one activation. Belongs to the device's worker thread, but for {@link #wake}; dead
 * after the device's reset.
 */
public final class ActiveQueues {
  /** The thread of this activation, as devices see it. */
  public interface Worker {
    /** Any thread: has a queue processed. */
    void wake(int queue);

    /** Whether it is to come back soon. */
    boolean ending();

    /** See {@link ActiveQueues#watch}. */
    SelectionKey watch(SelectableChannel channel, IntConsumer ready) throws IOException;
  }

  private final long features;
  private final List<Optional<Virtqueue>> queues;
  private final Runnable interrupt;
  private final Worker worker;

  /**
   * For the transport.
   *
   * @param features what the driver accepted
   * @param queues by number; empty for those that the driver did not set up
   * @param interrupt tells the driver of used buffers
   */
  public ActiveQueues(
      long features, List<Optional<Virtqueue>> queues, Runnable interrupt, Worker worker) {
    this.features = features;
    this.queues = List.copyOf(queues);
    this.interrupt = interrupt;
    this.worker = worker;
  }

  /** Whether the driver accepted a feature of this device. */
  public boolean accepted(long feature) {
    return (features & feature) == feature;
  }

  /** Any thread: something of the host's happened for this queue, so it is to be processed. */
  public void wake(int queue) {
    worker.wake(queue);
  }

  /** Whether the activation is over: {@code process} is to come back, its requests are dropped. */
  public boolean ending() {
    return worker.ending();
  }

  /**
   * Has the worker watch a channel of the host, which must not block. The key's interests, none at
   * first, are set on the worker; it ends with the activation or with the channel.
   *
   * @param ready told on the worker of the operations the channel is ready for, again and again
   *     while the key is interested in them
   */
  public SelectionKey watch(SelectableChannel channel, IntConsumer ready) throws IOException {
    return worker.watch(channel, ready);
  }

  /** The next request of a queue; none also for a queue that the driver did not set up. */
  public Optional<DescriptorChain> poll(int queue) {
    return queues.get(queue).flatMap(Virtqueue::poll);
  }

  /** Gives a request back; the driver hears of it with {@link #tellDriver}. */
  public void complete(int queue, DescriptorChain chain, long bytesWritten) {
    queues.get(queue).orElseThrow().complete(chain, bytesWritten);
  }

  /**
   * As {@link #complete}, but the driver does not see it before {@link #publish}: for what lies in
   * several requests.
   */
  public void stage(int queue, DescriptorChain chain, long bytesWritten) {
    queues.get(queue).orElseThrow().stage(chain, bytesWritten);
  }

  /** Shows the driver what was staged, all at once. */
  public void publish(int queue) {
    queues.get(queue).orElseThrow().publish();
  }

  /** Interrupts the driver, unless it asked not to be. */
  public void tellDriver(int queue) {
    if (queues.get(queue).map(Virtqueue::wantsInterrupt).orElse(false)) {
      interrupt.run();
    }
  }

  /** See {@link Virtqueue#awaitKick}. */
  public boolean awaitKick(int queue) {
    return queues.get(queue).map(Virtqueue::awaitKick).orElse(false);
  }

  /**
   * Answers requests until there are none or the worker is to end, for queues whose requests are
   * answered at once.
   *
   * @param request answers one and gives the number of bytes written
   */
  public void serve(int queue, ToLongFunction<DescriptorChain> request) {
    do {
      Optional<DescriptorChain> chain = poll(queue);
      while (chain.isPresent() && !worker.ending()) {
        complete(queue, chain.get(), request.applyAsLong(chain.get()));
        // At each, not after a batch: a driver may keep the queue full for ever.
        tellDriver(queue);
        chain = poll(queue);
      }
    } while (!worker.ending() && awaitKick(queue));
  }
}
