package dev.beagle.net.gateway;

import dev.beagle.net.flow.FlowKey;
import dev.beagle.net.host.HostStream.ConnectFailure;
import dev.beagle.net.link.SwitchCounters.Counter;
import dev.beagle.net.link.SwitchPort;
import dev.beagle.net.wire.PacketView;
import dev.beagle.net.wire.PacketWriter;
import java.nio.ByteBuffer;

/**
 * Tells pods why their packets cannot arrive (RFC 792, RFC 1812 4.3.2), at most 1000 times a
 * second.
 */
final class IcmpErrors {
  static final int NETWORK_UNREACHABLE = 0x0300;
  static final int HOST_UNREACHABLE = 0x0301;
  static final int PROTOCOL_UNREACHABLE = 0x0302;
  static final int PORT_UNREACHABLE = 0x0303;
  static final int FRAGMENTATION_NEEDED = 0x0304;
  static final int PROHIBITED = 0x030D;
  static final int TTL_EXCEEDED = 0x0B00;
  static final int REASSEMBLY_TIMED_OUT = 0x0B01;

  private static final int PER_SECOND = 1000;
  private static final long SECOND = 1_000_000_000L;

  private final Surroundings around;
  private final ByteBuffer quoted = ByteBuffer.allocate(64);
  private long second;
  private int sent;

  IcmpErrors(Surroundings around) {
    this.around = around;
  }

  /** About the packet at hand. */
  void about(SwitchPort to, PacketView packet, int typeAndCode) {
    if (packet.fragmentOffset() != 0
        || packet.destination().isMulticastOrReserved()
        || !allowed()) {
      return;
    }
    ByteBuffer quote = packet.buffer().duplicate().clear();
    quote.position(packet.network()).limit(packet.end());
    around
        .sender()
        .icmpError(to, around.settings().address(), packet.source(), typeAndCode, 0, quote);
  }

  /**
   * About an earlier packet of a flow.
   *
   * @param detail what stood behind its ports: TCP's sequence number, UDP's length
   */
  void about(SwitchPort to, FlowKey key, int typeAndCode, int detail, int extra) {
    if (!allowed()) {
      return;
    }
    PacketWriter.Ipv4 addresses = new PacketWriter.Ipv4(key.guest(), key.remote(), key.protocol());
    quoted.clear().limit(28);
    PacketWriter.ipv4(quoted, 0, addresses, 40, 0, 0x4000);
    quoted.putShort(20, (short) key.guestPort());
    quoted.putShort(22, (short) key.remotePort());
    quoted.putInt(24, detail);
    around
        .sender()
        .icmpError(to, around.settings().address(), key.guest(), typeAndCode, extra, quoted);
  }

  private boolean allowed() {
    long thisSecond = around.now() / SECOND;
    if (thisSecond != second) {
      second = thisSecond;
      sent = 0;
    }
    if (++sent > PER_SECOND) {
      around.count(Counter.ICMP_LIMITED);
      return false;
    }
    around.count(Counter.ICMP_SENT);
    return true;
  }

  /** The code for a connection that could not be had; 0 where nothing should be said. */
  static int codeOf(ConnectFailure failure) {
    return switch (failure) {
      case REFUSED -> PORT_UNREACHABLE;
      case HOST_UNREACHABLE -> HOST_UNREACHABLE;
      case NETWORK_UNREACHABLE -> NETWORK_UNREACHABLE;
      case DENIED -> PROHIBITED;
      case TIMED_OUT, LOCAL -> 0;
    };
  }
}
