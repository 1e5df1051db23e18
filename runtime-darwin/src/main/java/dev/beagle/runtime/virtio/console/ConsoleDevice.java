package dev.beagle.runtime.virtio.console;

import dev.beagle.runtime.machine.ConsoleOutput;
import dev.beagle.runtime.virtio.ActiveQueues;
import dev.beagle.runtime.virtio.ConfigSpace;
import dev.beagle.runtime.virtio.DescriptorChain;
import dev.beagle.runtime.virtio.VirtioDevice;
import dev.beagle.runtime.virtio.VirtioTraits;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A terminal of one port. What the guest writes goes to the owner's sink at once, for Linux spins
 * with a lock held until its buffer is back. What the owner types is kept until the guest gives
 * room for it, also from one driver to the next. {@link #type} and {@link #resize} come from any
 * thread; see {@link VirtioDevice} for the others.
 */
public final class ConsoleDevice implements VirtioDevice {
  /** What is kept for a guest that does not read. */
  public static final int INPUT_BYTES = 64 * 1024;

  private static final long SIZE = 1;
  private static final int RX = 0;
  private static final int TX = 1;

  /** Of struct virtio_console_config: columns and rows, and two fields for what is not offered. */
  private static final int CONFIG_BYTES = 12;

  /** Between two looks at whether the worker is to end. */
  private static final long STEP_BYTES = 4096;

  private static final VirtioTraits TRAITS = new VirtioTraits("console", 3, SIZE, List.of(64, 64));

  private final ConsoleOutput output;
  private final ConfigSpace config = new ConfigSpace(new byte[CONFIG_BYTES]);
  private final InputBuffer input = new InputBuffer(INPUT_BYTES);
  private volatile @Nullable ActiveQueues queues;

  /**
   * @param output takes what the guest writes, on the device's worker
   */
  public ConsoleDevice(ConsoleOutput output) {
    this.output = output;
  }

  /**
   * Gives the guest what was typed, as far as there is room for it.
   *
   * @return how many bytes were taken, from the first on; the others are to be offered again once
   *     the guest has read, or dropped
   */
  public int type(byte[] bytes) {
    int taken = input.add(bytes);
    ActiveQueues active = queues;
    if (active != null && taken > 0) {
      active.wake(RX);
    }
    return taken;
  }

  /**
   * Tells the guest the size of the owner's window, in characters; 0 for none. A guest that was not
   * told has its own idea.
   */
  public void resize(int columns, int rows) {
    if (columns != (columns & 0xFFFF) || rows != (rows & 0xFFFF)) {
      throw new IllegalArgumentException("a window of %d by %d".formatted(columns, rows));
    }
    config.update(
        0, new byte[] {(byte) columns, (byte) (columns >> 8), (byte) rows, (byte) (rows >> 8)});
  }

  @Override
  public VirtioTraits traits() {
    return TRAITS;
  }

  @Override
  public ConfigSpace config() {
    return config;
  }

  @Override
  public void activate(ActiveQueues queues) {
    this.queues = queues;
  }

  @Override
  public void process(int queue) {
    ActiveQueues active = queues;
    if (active == null) {
      return;
    }
    if (queue == TX) {
      active.serve(TX, chain -> print(active, chain));
    } else {
      deliver(active);
    }
  }

  private long print(ActiveQueues active, DescriptorChain chain) {
    for (MemorySegment part : chain.readable()) {
      for (long at = 0; at < part.byteSize(); at++) {
        // A buffer may have 4 GiB, and a vCPU may wait for the end.
        if (at % STEP_BYTES == 0 && active.ending()) {
          return 0;
        }
        output.accept(part.get(ValueLayout.JAVA_BYTE, at));
      }
    }
    return 0;
  }

  private void deliver(ActiveQueues active) {
    do {
      while (!active.ending() && !input.isEmpty()) {
        Optional<DescriptorChain> room = active.poll(RX);
        if (room.isEmpty()) {
          break;
        }
        active.complete(RX, room.get(), fill(room.get()));
        active.tellDriver(RX);
      }
    } while (!active.ending() && !input.isEmpty() && active.awaitKick(RX));
  }

  private long fill(DescriptorChain room) {
    long filled = 0;
    for (MemorySegment part : room.writable()) {
      filled += input.takeInto(part);
    }
    return filled;
  }

  @Override
  public void reset() {
    queues = null;
  }
}
