package dev.beagle.net.gateway;

import dev.beagle.net.flow.FlowKey;
import dev.beagle.net.flow.TimerQueue;
import dev.beagle.net.host.HostDatagrams;
import dev.beagle.net.host.SocketErrors;
import dev.beagle.net.link.SwitchCounters.Counter;
import dev.beagle.net.link.SwitchPort;
import dev.beagle.net.wire.IpAddress;
import dev.beagle.net.wire.PacketView;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.LinkedHashSet;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * One UDP port of a pod. Its first peer gets a connected socket, so that refusals are seen; further
 * peers share one unconnected socket (endpoint-independent mapping, RFC 4787 REQ-1). Only peers
 * that were sent to may answer (REQ-8). Confined to the segment's thread.
 */
final class UdpFlow {
  private static final int DNS_PORT = 53;
  private static final long SECOND = 1_000_000_000L;
  private static final long UNREPLIED = 30 * SECOND;
  private static final long REPLIED = 300 * SECOND;
  private static final long DNS_DONE = 10 * SECOND;
  private static final int DATAGRAMS_PER_TURN = 64;
  private static final int REMEMBERED_PEERS = 256;

  private final FlowKey source;
  private final SwitchPort port;
  private final Surroundings around;
  private final UdpTable table;
  private final FlowKey first;
  private final TimerQueue.Timer timer;

  /** The further peers, the one that was sent to longest ago first. */
  private final LinkedHashSet<FlowKey> peers = new LinkedHashSet<>(4);

  private @Nullable HostDatagrams connected;
  private @Nullable HostDatagrams shared;
  private boolean replied;
  private int lastLength;

  /**
   * @param source the guest's end; remote is unspecified
   * @param first the first peer
   */
  UdpFlow(FlowKey source, FlowKey first, SwitchPort port, Surroundings around, UdpTable table) {
    this.source = source;
    this.first = first;
    this.port = port;
    this.around = around;
    this.table = table;
    this.timer = around.timers().timer(this::expired);
  }

  FlowKey source() {
    return source;
  }

  SwitchPort port() {
    return port;
  }

  boolean isReplied() {
    return replied;
  }

  /** The guest sends to a peer. */
  void send(FlowKey key, ByteBuffer payload) {
    try {
      sendOn(key, payload);
    } catch (RuntimeException defect) {
      failed(defect);
    }
  }

  private void sendOn(FlowKey key, ByteBuffer payload) {
    lastLength = payload.remaining() + 8;
    int position = payload.position();
    try {
      HostDatagrams socket = socketFor(key);
      if (!transmit(socket, key, payload.position(position))) {
        around.count(Counter.UDP_LOST);
      }
    } catch (IOException error) {
      failed(key, error);
    }
    touch();
  }

  private boolean transmit(HostDatagrams socket, FlowKey key, ByteBuffer payload)
      throws IOException {
    int position = payload.position();
    try {
      return socket.send(payload, key.remote(), key.remotePort());
    } catch (java.net.PortUnreachableException earlier) {
      failed(key, earlier); // An earlier datagram was refused, and this one was not sent.
      return socket.send(payload.position(position), key.remote(), key.remotePort());
    }
  }

  private HostDatagrams socketFor(FlowKey key) throws IOException {
    if (key.equals(first)) {
      HostDatagrams socket = connected;
      if (socket == null) {
        socket = around.sockets().open(key.remote(), key.remotePort(), this::connectedReadable);
        connected = socket;
      }
      return socket;
    }
    remember(key);
    HostDatagrams socket = shared;
    if (socket == null) {
      socket = around.sockets().open(null, 0, this::sharedReadable);
      shared = socket;
    }
    return socket;
  }

  /** Where the port's share is used up, one of this flow's older peers gives way. */
  private void remember(FlowKey key) {
    if (peers.contains(key)) {
      peers.addLast(key);
      return;
    }
    if (peers.size() >= REMEMBERED_PEERS || !table.peerQuota().take(port, 1)) {
      if (peers.isEmpty()) {
        return; // It is sent to, and cannot answer.
      }
      peers.removeFirst();
    }
    peers.add(key);
  }

  private void connectedReadable() {
    receiveFrom(connected, true);
  }

  private void sharedReadable() {
    receiveFrom(shared, false);
  }

  private void receiveFrom(@Nullable HostDatagrams socket, boolean fromFirst) {
    try {
      if (socket != null) {
        receive(socket, fromFirst);
      }
    } catch (RuntimeException defect) {
      failed(defect);
    }
  }

  /** An exception that nobody foresaw, in this flow: it is given up. */
  private void failed(RuntimeException defect) {
    around.defects().accept(defect);
    table.remove(this);
  }

  private void receive(HostDatagrams socket, boolean fromFirst) {
    ByteBuffer buffer = table.scratch();
    for (int count = 0; count < DATAGRAMS_PER_TURN; count++) {
      buffer.clear();
      try {
        if (!socket.receive(buffer)) {
          break;
        }
      } catch (IOException error) {
        failed(first, error);
        break;
      }
      FlowKey key = fromFirst ? first : keyOf(socket.source(), socket.sourcePort());
      if (!fromFirst && !peers.contains(key)) {
        around.count(Counter.UDP_UNSOLICITED);
        continue;
      }
      replied = true;
      around.sender().udp(port, key, buffer.flip());
    }
    touch();
  }

  private FlowKey keyOf(IpAddress remote, int remotePort) {
    return new FlowKey(PacketView.UDP, source.guest(), source.guestPort(), remote, remotePort);
  }

  private void failed(FlowKey key, IOException error) {
    if (String.valueOf(error.getMessage()).toLowerCase(Locale.ROOT).contains("too long")) {
      int plateau = lastLength > 1492 ? 1492 : lastLength > 1400 ? 1400 : 1280;
      table.errors().about(port, key, IcmpErrors.FRAGMENTATION_NEEDED, lastLength << 16, plateau);
      return;
    }
    int code = IcmpErrors.codeOf(SocketErrors.failureOf(error));
    if (code == 0) {
      around.count(Counter.UDP_LOST);
    } else {
      table.errors().about(port, key, code, lastLength << 16, 0);
    }
  }

  private void touch() {
    long patience = !replied ? UNREPLIED : first.remotePort() == DNS_PORT ? DNS_DONE : REPLIED;
    timer.arm(around.now() + patience);
  }

  private void expired() {
    table.remove(this);
  }

  void close() {
    timer.cancel();
    table.peerQuota().giveBack(port, peers.size());
    peers.clear();
    HostDatagrams one = connected;
    HostDatagrams other = shared;
    connected = null;
    shared = null;
    if (one != null) {
      one.close();
    }
    if (other != null) {
      other.close();
    }
  }
}
