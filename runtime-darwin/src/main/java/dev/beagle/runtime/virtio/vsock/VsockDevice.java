package dev.beagle.runtime.virtio.vsock;

import dev.beagle.failure.Failure;
import dev.beagle.runtime.memory.GuestViolation;
import dev.beagle.runtime.virtio.ActiveQueues;
import dev.beagle.runtime.virtio.ConfigSpace;
import dev.beagle.runtime.virtio.DescriptorChain;
import dev.beagle.runtime.virtio.VirtioDevice;
import dev.beagle.runtime.virtio.VirtioTraits;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * Stream sockets of one guest, which lead to sockets of the host. Any thread may call {@link
 * #connect}; see {@link VirtioDevice} for the others.
 */
public final class VsockDevice implements VirtioDevice {
  private static final int RX = 0;
  private static final int TX = 1;
  private static final int EVENT = 2;

  /** The guest's context id; each machine has a device of its own, so all may have the same. */
  private static final long GUEST_CID = 3;

  private static final VirtioTraits TRAITS =
      new VirtioTraits("vsock", 19, 0, List.of(256, 256, 16));

  /** Linux sends at most 64 KiB of payload in a packet. */
  private static final int LARGEST_PACKET = VsockHeader.BYTES + 64 * 1024;

  /** Packets one turn takes each way, before other work of the device has its turn. */
  private static final int TURN = 256;

  /** What waits for the worker. */
  private record Arrival(HostEnd end, int guestPort) {}

  private final ConfigSpace config =
      new ConfigSpace(
          ByteBuffer.allocate(Long.BYTES)
              .order(ByteOrder.LITTLE_ENDIAN)
              .putLong(GUEST_CID)
              .array());
  private final Queue<Arrival> arrivals = new ConcurrentLinkedQueue<>();
  private final VsockConnections connections = new VsockConnections(GUEST_CID);
  private final ByteBuffer received = ByteBuffer.allocateDirect(LARGEST_PACKET);

  /** Where a packet is made for a guest that gives its buffers in parts. */
  private final ByteBuffer scattered = ByteBuffer.allocateDirect(LARGEST_PACKET);

  private volatile @Nullable ActiveQueues queues;

  /** A buffer of the guest that nothing was there for. */
  private @Nullable DescriptorChain spare;

  /**
   * Joins a socket to a stream that is opened to a port of the guest. Returns at once; the socket
   * is closed when nobody listens there, and whenever the stream ends.
   *
   * @param socket connected; it is the device's from now on
   */
  public void connect(SocketChannel socket, int guestPort) {
    connect(new SocketEnd(socket, connections), guestPort);
  }

  /**
   * Opens a stream to a port of the guest. Returns at once; the output is closed when nobody
   * listens there, and whenever the stream ends.
   *
   * @param greeting what the guest is told
   */
  public void connect(GuestOutput output, byte[] greeting, int guestPort) {
    connect(new OutputEnd(output, greeting), guestPort);
  }

  private void connect(HostEnd end, int guestPort) {
    ActiveQueues active = queues;
    if (active == null) {
      end.refused();
      return;
    }
    arrivals.add(new Arrival(end, guestPort));
    active.wake(RX);
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
    if (active == null || queue == EVENT) {
      return; // the guest's buffers for events stay with us: there are none
    }
    enter(active);
    boolean more = queue == TX && receive(active);
    if (send(active) || more) {
      active.wake(queue);
    }
  }

  private void enter(ActiveQueues active) {
    for (Arrival arrival = arrivals.poll(); arrival != null; arrival = arrivals.poll()) {
      try {
        arrival.end.begin(active, RX);
        connections.open(arrival.end, arrival.guestPort);
      } catch (IOException | Failure refused) {
        arrival.end.refused();
      }
    }
  }

  /** Takes packets of the guest; whether there may be more. */
  private boolean receive(ActiveQueues active) {
    for (int i = 0; i < TURN; i++) {
      Optional<DescriptorChain> chain = active.poll(TX);
      if (chain.isEmpty()) {
        active.tellDriver(TX);
        return active.awaitKick(TX);
      }
      connections.receive(gather(chain.get()));
      active.complete(TX, chain.get(), 0);
    }
    active.tellDriver(TX);
    return true;
  }

  /** Copied, so that what is checked is what is used. Of a packet that is too long, the head. */
  private ByteBuffer gather(DescriptorChain chain) {
    received.clear();
    for (MemorySegment part : chain.readable()) {
      int length = (int) Math.min(part.byteSize(), received.remaining());
      received.put(part.asSlice(0, length).asByteBuffer());
    }
    return received.flip();
  }

  /** Gives the guest packets; whether there may be more. */
  private boolean send(ActiveQueues active) {
    int sent = 0;
    while (sent < TURN && connections.wantsToSend()) {
      DescriptorChain chain = spare != null ? spare : active.poll(RX).orElse(null);
      spare = chain;
      if (chain == null) {
        break;
      }
      int length = make(chain);
      if (length > 0) {
        spare = null;
        active.complete(RX, chain, length);
        sent++;
      }
    }
    if (sent > 0) {
      active.tellDriver(RX);
    }
    // Without anything to send, buffers of the guest are no news.
    return connections.wantsToSend() && (sent == TURN || active.awaitKick(RX));
  }

  /** The next packet into the guest's buffer; its length, or 0 where there was none. */
  private int make(DescriptorChain chain) {
    if (chain.writableBytes() < VsockConnections.SMALLEST_PACKET) {
      throw new GuestViolation("a buffer of %d bytes for packets".formatted(chain.writableBytes()));
    }
    MemorySegment first = chain.writable().getFirst();
    if (chain.writable().size() == 1) {
      long room = Math.min(first.byteSize(), LARGEST_PACKET);
      ByteBuffer target = first.asSlice(0, room).asByteBuffer();
      return connections.send(target) ? target.position() : 0;
    }
    int room = (int) Math.min(chain.writableBytes(), LARGEST_PACKET);
    ByteBuffer target = scattered.slice(0, room);
    return connections.send(target) ? scatter(target.flip(), chain) : 0;
  }

  private static int scatter(ByteBuffer packet, DescriptorChain chain) {
    int length = packet.remaining();
    for (MemorySegment part : chain.writable()) {
      int count = (int) Math.min(part.byteSize(), packet.remaining());
      part.asSlice(0, count).asByteBuffer().put(packet.slice(packet.position(), count));
      packet.position(packet.position() + count);
    }
    return length;
  }

  @Override
  public void reset() {
    queues = null;
    spare = null;
    connections.reset();
    for (Arrival late = arrivals.poll(); late != null; late = arrivals.poll()) {
      late.end.refused();
    }
  }
}
