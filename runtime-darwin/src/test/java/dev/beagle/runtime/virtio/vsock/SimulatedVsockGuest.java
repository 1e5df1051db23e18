package dev.beagle.runtime.virtio.vsock;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/**
 * Linux's side of the device, as far as it shows: what it counts of unread packets, when it tells
 * of credit, what it answers. It holds that the host never sends more than it was granted.
 */
final class SimulatedVsockGuest {
  static final long CID = 3;
  private static final int BUFFER = 256 * 1024;
  private static final int PACKET_COST = 576;
  private static final int TELL_BELOW = 64 * 1024;
  private static final int LARGEST = 64 * 1024;

  private final Map<Integer, Socket> sockets = new HashMap<>();
  private final VsockConnections host;
  private final ByteBuffer packet;

  SimulatedVsockGuest(VsockConnections host, int bufferBytes) {
    this.host = host;
    this.packet = ByteBuffer.allocate(bufferBytes);
  }

  final class Socket {
    final int port;
    final int peer;
    final ByteArrayOutputStream read = new ByteArrayOutputStream();
    private final ArrayDeque<byte[]> unread = new ArrayDeque<>();
    private int unreadBytes;
    private int received;
    private int forwarded;
    private int told;
    private int sent;
    private int peerForwarded;
    private int peerBuffer;
    int shutByHost;
    boolean connected;
    boolean gone;

    private Socket(int port, int peer) {
      this.port = port;
      this.peer = peer;
    }

    void say(int operation, int flags, byte[] payload) {
      ByteBuffer bytes = ByteBuffer.allocate(VsockHeader.BYTES + payload.length);
      told = forwarded;
      new VsockHeader(
              CID,
              VsockConnections.HOST_CID,
              port,
              peer,
              payload.length,
              VsockHeader.STREAM,
              operation,
              flags,
              BUFFER,
              forwarded)
          .write(bytes, 0);
      bytes.put(VsockHeader.BYTES, payload);
      host.receive(bytes);
    }

    /** Sends what the host has granted of it. */
    int write(byte[] bytes) {
      int room = peerBuffer - (sent - peerForwarded);
      int count = Math.min(Math.min(room, LARGEST), bytes.length);
      if (count > 0) {
        sent += count;
        say(VsockHeader.DATA, 0, java.util.Arrays.copyOf(bytes, count));
      }
      return count;
    }

    /** Reads one packet, if there is one. */
    boolean readPacket() {
      byte[] bytes = unread.pollFirst();
      if (bytes == null) {
        return false;
      }
      read.writeBytes(bytes);
      unreadBytes -= bytes.length;
      forwarded += bytes.length;
      // Linux since 6.8: also when nothing is left to read.
      if ((BUFFER - (received - told) < TELL_BELOW || unread.isEmpty()) && !gone) {
        say(VsockHeader.CREDIT_UPDATE, 0, new byte[0]);
      }
      return true;
    }

    void shut(int flags) {
      say(VsockHeader.SHUTDOWN, flags, new byte[0]);
    }

    private void take(VsockHeader header, byte[] payload) {
      peerForwarded = header.forwarded();
      peerBuffer = header.bufferSize();
      switch (header.operation()) {
        case VsockHeader.RESPONSE -> connected = true;
        case VsockHeader.DATA -> {
          assertThat(shutByHost & VsockHeader.NO_SEND).as("data after the end").isZero();
          unread.addLast(payload);
          unreadBytes += payload.length;
          received += payload.length;
          assertThat(unreadBytes).as("unread bytes").isLessThanOrEqualTo(BUFFER);
          assertThat(unread.size() * PACKET_COST).as("unread packets").isLessThanOrEqualTo(BUFFER);
        }
        case VsockHeader.SHUTDOWN -> shutByHost |= header.flags();
        case VsockHeader.RESET -> gone = true;
        case VsockHeader.CREDIT_UPDATE -> assertThat(payload).isEmpty();
        default -> throw new AssertionError("operation " + header.operation());
      }
    }
  }

  Socket socket(int port) {
    return Objects.requireNonNull(sockets.get(port));
  }

  /** Connects; the host answers with its next packets. */
  Socket connect(int port, int hostPort) {
    Socket socket = new Socket(port, hostPort);
    sockets.put(port, socket);
    socket.say(VsockHeader.REQUEST, 0, new byte[0]);
    return socket;
  }

  /**
   * Takes one packet of the host.
   *
   * @return its operation; 0 where there was none
   */
  int take() {
    packet.clear();
    if (!host.send(packet)) {
      return 0;
    }
    packet.flip();
    VsockHeader header = VsockHeader.read(packet);
    byte[] payload = new byte[packet.remaining()];
    packet.get(payload);
    assertThat(header.length()).isEqualTo(payload.length);
    assertThat(header.sourceCid()).isEqualTo(VsockConnections.HOST_CID);
    assertThat(header.targetCid()).isEqualTo(CID);
    if (header.operation() == VsockHeader.REQUEST) {
      Socket accepted = new Socket(header.targetPort(), header.sourcePort());
      accepted.peerBuffer = header.bufferSize();
      sockets.put(header.targetPort(), accepted);
    } else {
      Socket socket = sockets.get(header.targetPort());
      if (socket != null && socket.peer == header.sourcePort()) {
        socket.take(header, payload);
      }
    }
    return header.operation();
  }

  void takeAll() {
    while (take() != 0) {
      // Each is checked.
    }
  }
}
