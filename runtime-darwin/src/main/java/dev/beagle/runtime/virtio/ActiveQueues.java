package dev.beagle.runtime.virtio;

import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.IntConsumer;
import java.util.function.ToLongFunction;

/**
 * The queues of one activation. Belongs to the device's worker thread, but for {@link #wake}; dead
 * after the device's reset.
 */
public final class ActiveQueues {
  private final long features;
  private final List<Optional<Virtqueue>> queues;
  private final Runnable interrupt;
  private final IntConsumer wake;
  private final BooleanSupplier ending;

  /**
   * For the transport.
   *
   * @param features what the driver accepted
   * @param queues by number; empty for those that the driver did not set up
   * @param interrupt tells the driver of used buffers
   * @param wake has the worker process a queue
   * @param ending whether the worker is to come back soon
   */
  public ActiveQueues(
      long features,
      List<Optional<Virtqueue>> queues,
      Runnable interrupt,
      IntConsumer wake,
      BooleanSupplier ending) {
    this.features = features;
    this.queues = List.copyOf(queues);
    this.interrupt = interrupt;
    this.wake = wake;
    this.ending = ending;
  }

  /** Whether the driver accepted a feature of this device. */
  public boolean accepted(long feature) {
    return (features & feature) == feature;
  }

  /** Any thread: something of the host's happened for this queue, so it is to be processed. */
  public void wake(int queue) {
    wake.accept(queue);
  }

  /** The next request of a queue; none also for a queue that the driver did not set up. */
  public Optional<DescriptorChain> poll(int queue) {
    return queues.get(queue).flatMap(Virtqueue::poll);
  }

  /** Gives a request back; the driver hears of it with {@link #tellDriver}. */
  public void complete(int queue, DescriptorChain chain, long bytesWritten) {
    queues.get(queue).orElseThrow().complete(chain, bytesWritten);
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
      while (chain.isPresent() && !ending.getAsBoolean()) {
        complete(queue, chain.get(), request.applyAsLong(chain.get()));
        // At each, not after a batch: a driver may keep the queue full for ever.
        tellDriver(queue);
        chain = poll(queue);
      }
    } while (!ending.getAsBoolean() && awaitKick(queue));
  }
}
