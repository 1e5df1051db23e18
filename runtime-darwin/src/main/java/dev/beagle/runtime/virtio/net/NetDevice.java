package dev.beagle.runtime.virtio.net;

import dev.beagle.failure.Failure;
import dev.beagle.runtime.memory.GuestViolation;
import dev.beagle.runtime.virtio.ActiveQueues;
import dev.beagle.runtime.virtio.ConfigSpace;
import dev.beagle.runtime.virtio.DescriptorChain;
import dev.beagle.runtime.virtio.VirtioDevice;
import dev.beagle.runtime.virtio.VirtioTraits;
import dev.beagle.time.Time;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A network card that is a port of the switch. Frames go both ways as they are, offload headers
 * included, for both ends take the same offloads. While the switch does not take more, the guest's
 * queue is not read; while the guest gives no buffers, the switch's socket is not: each side's own
 * queue then holds or drops, as with a full card. While there is no switch, frames are lost as on a
 * pulled cable, and the link is made again.
 *
 * <p>{@link #close} is for the owner, after the machine's end. See {@link VirtioDevice} for the
 * threads.
 */
public final class NetDevice implements VirtioDevice, AutoCloseable {
  private static final int RX = 0;
  private static final int TX = 1;

  static final long CSUM = 1;
  static final long GUEST_CSUM = 1 << 1;
  private static final long MAC = 1 << 5;
  static final long GUEST_TSO4 = 1 << 7;
  static final long GUEST_TSO6 = 1 << 8;
  private static final long HOST_TSO4 = 1 << 11;
  private static final long HOST_TSO6 = 1 << 12;
  static final long MERGEABLE = 1 << 15;
  private static final long STATUS = 1 << 16;

  private static final int LINK_UP = 1;

  /** Frames one turn takes each way, before other work of the device has its turn. */
  private static final int TURN = 256;

  private static final VirtioTraits TRAITS =
      new VirtioTraits(
          "net",
          1,
          CSUM
              | GUEST_CSUM
              | MAC
              | GUEST_TSO4
              | GUEST_TSO6
              | HOST_TSO4
              | HOST_TSO6
              | MERGEABLE
              | STATUS,
          List.of(256, 256));

  private final ConfigSpace config;
  private final SwitchLink link;
  private final FramesOut out = new FramesOut();
  private final FramesIn in = new FramesIn();

  /** Buffers of the guest that were taken for a frame they are too few for yet. */
  private final List<DescriptorChain> taken = new ArrayList<>();

  private volatile @Nullable ActiveQueues queues;
  private @Nullable SocketChannel socket;
  private @Nullable SelectionKey key;
  private long dropped;

  /**
   * @param mac 6 bytes
   */
  public NetDevice(byte[] mac, Time time) {
    link = new SwitchLink(time);
    config =
        new ConfigSpace(
            ByteBuffer.allocate(10)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(mac, 0, 6)
                .putShort((short) LINK_UP)
                .putShort((short) 1)
                .array());
  }

  /**
   * Any thread, once: makes the card a port of the switch, as soon as there is one and for ever.
   *
   * @param socket of the switch's ports
   * @param port its name
   * @param token of the port's lease
   * @throws Failure INVALID_ARGUMENT for names that are not one word
   */
  public void join(Path socket, String port, String token) {
    link.connect(socket, port, token);
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
    link.onLinked(() -> queues.wake(TX));
  }

  @Override
  public void process(int queue) {
    ActiveQueues active = queues;
    if (active == null) {
      return;
    }
    if (socket == null) {
      link.take().ifPresent(linked -> join(linked, active));
    }
    boolean more;
    try {
      more = queue == TX ? transmit(active) : receive(active);
    } catch (IOException lost) {
      leave();
      more = true;
    }
    if (more) {
      active.wake(queue);
    }
  }

  private void join(SocketChannel linked, ActiveQueues active) {
    socket = linked;
    out.clear();
    in.clear();
    try {
      linked.configureBlocking(false);
      key = active.watch(linked, ready -> ready(ready, active));
      key.interestOps(SelectionKey.OP_READ);
    } catch (IOException lost) {
      leave();
    }
  }

  /** The socket's other end is gone, or out of step: the link is made again. */
  private void leave() {
    SocketChannel lost = socket;
    socket = null;
    key = null;
    if (lost != null) {
      link.lost(lost);
    }
  }

  private void ready(int operations, ActiveQueues active) {
    if ((operations & SelectionKey.OP_READ) != 0) {
      interest(SelectionKey.OP_READ, false);
      active.wake(RX);
    }
    if ((operations & SelectionKey.OP_WRITE) != 0) {
      interest(SelectionKey.OP_WRITE, false);
      active.wake(TX);
    }
  }

  private void interest(int operation, boolean wanted) {
    SelectionKey current = key;
    if (current != null && current.isValid()) {
      int others = current.interestOps() & ~operation;
      current.interestOps(wanted ? others | operation : others);
    }
  }

  /** Takes frames of the guest; whether there may be more to do at once. */
  private boolean transmit(ActiveQueues active) throws IOException {
    SocketChannel target = socket;
    int count = 0;
    boolean all = false;
    while (count < TURN && out.hasRoom() && !all) {
      Optional<DescriptorChain> chain = active.poll(TX);
      all = chain.isEmpty();
      if (chain.isPresent()) {
        if (target == null || !out.add(chain.get())) {
          dropped++;
        }
        active.stage(TX, chain.get(), 0);
        count++;
      }
    }
    if (count > 0) {
      active.publish(TX);
      active.tellDriver(TX);
    }
    if (target != null && !out.flush(target)) {
      interest(SelectionKey.OP_WRITE, true);
      return false;
    }
    return !all || active.awaitKick(TX);
  }

  /** Gives the guest frames of the switch; whether there may be more to do at once. */
  private boolean receive(ActiveQueues active) throws IOException {
    SocketChannel source = socket;
    if (source == null) {
      return false;
    }
    int count = 0;
    boolean starved = false;
    while (count < TURN && !starved && in.next(source)) {
      if (!takeable(active)) {
        in.skip();
        dropped++;
      } else if (fits(active)) {
        deliver(active);
        count++;
      } else {
        starved = true;
      }
    }
    if (count > 0) {
      active.tellDriver(RX);
    }
    if (starved) {
      return active.awaitKick(RX);
    }
    interest(SelectionKey.OP_READ, count < TURN);
    return count == TURN;
  }

  /** Whether the guest's driver is one that can read the frame. */
  private boolean takeable(ActiveQueues active) {
    long needed = in.neededFeatures();
    return (needed & ~TRAITS.features()) == 0 && active.accepted(needed);
  }

  /** Takes as many of the guest's buffers as the frame fills, or all that there are. */
  private boolean fits(ActiveQueues active) {
    boolean mergeable = active.accepted(MERGEABLE);
    long room = taken.stream().mapToLong(DescriptorChain::writableBytes).sum();
    while (room < in.length()) {
      Optional<DescriptorChain> chain = active.poll(RX);
      if (chain.isEmpty()) {
        return false;
      }
      if (chain.get().writableBytes() < FramesIn.HEADER || (!mergeable && !taken.isEmpty())) {
        throw new GuestViolation(
            "a buffer of %d bytes for frames".formatted(chain.get().writableBytes()));
      }
      taken.add(chain.get());
      room += chain.get().writableBytes();
    }
    return true;
  }

  /** All parts of a frame have to show at once. */
  private void deliver(ActiveQueues active) {
    in.bufferCount(taken.size());
    for (DescriptorChain chain : taken) {
      long written = 0;
      for (MemorySegment part : chain.writable()) {
        written += in.copyTo(part);
      }
      active.stage(RX, chain, written);
    }
    active.publish(RX);
    taken.clear();
    in.skip();
  }

  @Override
  public void reset() {
    queues = null;
    link.onLinked(() -> {});
    taken.clear();
    leave();
  }

  /** Frames that went nowhere. */
  long dropped() {
    return dropped;
  }

  @Override
  public void close() {
    link.close();
  }
}
