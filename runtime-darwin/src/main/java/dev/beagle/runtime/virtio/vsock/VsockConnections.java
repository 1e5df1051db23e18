package dev.beagle.runtime.virtio.vsock;

import dev.beagle.failure.Failure;
import dev.beagle.runtime.virtio.vsock.VsockStream.Ports;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * All streams of one guest (virtio 1.2, section 5.10.6): a function of the guest's packets and of
 * what the host's ends are ready for. The host opens them; what the guest would open is refused, so
 * that no process of it can take the place of others. Whatever the guest sends costs it a stream at
 * most, and what it does not take is bounded: a buffer for each stream, and some resets. Belongs to
 * the device's worker thread.
 */
final class VsockConnections {
  /** The host's context id; 0 and 1 are reserved, guests begin at 3. */
  public static final long HOST_CID = 2;

  /** The least that the guest's buffer for a packet must take. */
  static final int SMALLEST_PACKET = VsockHeader.BYTES + 1;

  private static final int MOST_STREAMS = 1024;
  private static final int MOST_RESETS = 256;
  private static final int FIRST_PORT = 1024;

  private final long guestCid;
  private final Map<Ports, VsockStream> streams = new HashMap<>();
  private final IdentityHashMap<HostEnd, VsockStream> ends = new IdentityHashMap<>();

  /** Of what belongs to no stream. */
  private final ArrayDeque<Ports> resets = new ArrayDeque<>();

  /** Streams with a packet to send, each once, in turn. */
  private final ArrayDeque<VsockStream> senders = new ArrayDeque<>();

  private int nextPort = FIRST_PORT;
  private long strays;

  /**
   * @param guestCid 3 or more
   */
  public VsockConnections(long guestCid) {
    this.guestCid = guestCid;
  }

  /**
   * Connects to a port of the guest; the end is told when it is connected, or refused.
   *
   * @throws Failure EXHAUSTED with too many streams
   */
  public void open(HostEnd end, int guestPort) {
    if (ends.size() >= MOST_STREAMS) {
      throw Failure.exhausted("the guest has " + MOST_STREAMS + " vsock streams already");
    }
    Ports ports = new Ports(freePort(guestPort), guestPort);
    VsockStream stream = VsockStream.requested(ports, end);
    streams.put(ports, stream);
    ends.put(end, stream);
    changed(stream, end);
  }

  private int freePort(int guestPort) {
    while (streams.containsKey(new Ports(nextPort, guestPort))) {
      advancePort();
    }
    int port = nextPort;
    advancePort();
    return port;
  }

  /** The numbers that Linux takes for wildcards and privileged ports are left out. */
  private void advancePort() {
    nextPort = nextPort == Integer.MAX_VALUE ? FIRST_PORT : nextPort + 1;
  }

  /** The end has bytes for the guest, or its end; nothing where its stream has ended. */
  public void readable(HostEnd end) {
    VsockStream stream = ends.get(end);
    if (stream != null) {
      stream.readable();
      changed(stream, end);
    }
  }

  /** The end takes bytes again. */
  public void writable(HostEnd end) {
    VsockStream stream = ends.get(end);
    if (stream != null) {
      stream.writable();
      changed(stream, end);
    }
  }

  /** All streams end, as when the driver resets the device; the guest is told nothing. */
  public void reset() {
    senders.clear();
    resets.clear();
    streams.clear();
    List<VsockStream> ending = List.copyOf(ends.values());
    ends.clear();
    ending.forEach(VsockStream::reset);
  }

  /**
   * A packet of the guest.
   *
   * @param packet header and payload, as much as there was in the request
   */
  public void receive(ByteBuffer packet) {
    if (packet.remaining() < VsockHeader.BYTES) {
      strays++;
      return;
    }
    VsockHeader header = VsockHeader.read(packet);
    if (header.sourceCid() != guestCid) {
      strays++; // It says to be another: no answer would reach whom it names.
      return;
    }
    Ports ports = new Ports(header.targetPort(), header.sourcePort());
    int length = header.operation() == VsockHeader.DATA ? header.length() : 0;
    if (header.targetCid() != HOST_CID
        || header.type() != VsockHeader.STREAM
        || length != packet.remaining()) {
      unwanted(header, ports);
      return;
    }
    VsockStream stream = streams.get(ports);
    if (stream == null) {
      unwanted(header, ports);
    } else if (header.operation() == VsockHeader.RESET) {
      streams.remove(ports);
      stream.resetByGuest();
      changed(stream, stream.end());
    } else {
      stream.receive(header, packet);
      changed(stream, stream.end());
    }
  }

  /** Its sender waits for an answer, unless it was one itself. */
  private void unwanted(VsockHeader header, Ports ports) {
    strays++;
    VsockStream stream = streams.get(ports);
    if (stream != null) {
      stream.reset();
      changed(stream, stream.end());
    } else if (header.operation() != VsockHeader.RESET && resets.size() < MOST_RESETS) {
      resets.addLast(ports);
    }
  }

  private void changed(VsockStream stream, HostEnd end) {
    if (stream.ended()) {
      streams.remove(stream.ports, stream);
      ends.remove(end, stream);
    } else if (stream.wantsToSend() && !stream.queued()) {
      stream.queued(true);
      senders.addLast(stream);
    }
  }

  /** Whether {@link #send} may have a packet. */
  public boolean wantsToSend() {
    return !resets.isEmpty() || !senders.isEmpty();
  }

  /**
   * Makes the next packet for the guest, from each stream in turn.
   *
   * @param target cleared, with room for {@link #SMALLEST_PACKET} at least; the packet lies before
   *     its position afterwards
   * @return false where there was none after all
   */
  public boolean send(ByteBuffer target) {
    Ports reset = resets.pollFirst();
    if (reset != null) {
      header(reset, VsockHeader.RESET, 0, 0, 0, 0).write(target, 0);
      target.position(VsockHeader.BYTES);
      return true;
    }
    while (true) {
      @Nullable VsockStream stream = senders.pollFirst();
      if (stream == null) {
        return false;
      }
      stream.queued(false);
      boolean sent = stream.send(target, this);
      changed(stream, stream.end());
      if (sent) {
        return true;
      }
    }
  }

  VsockHeader header(
      Ports ports, int operation, int flags, int length, int bufferSize, int forwarded) {
    return new VsockHeader(
        HOST_CID,
        guestCid,
        ports.host(),
        ports.guest(),
        length,
        VsockHeader.STREAM,
        operation,
        flags,
        bufferSize,
        forwarded);
  }

  /** Streams that the guest or the host still has something of. */
  public int streams() {
    return ends.size();
  }

  /** Packets that belonged to nothing. */
  public long strays() {
    return strays;
  }
}
