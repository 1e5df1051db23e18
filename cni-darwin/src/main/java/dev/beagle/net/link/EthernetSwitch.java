package dev.beagle.net.link;

import dev.beagle.net.link.SwitchCounters.Counter;
import dev.beagle.net.wire.IpAddress;
import dev.beagle.net.wire.MacAddress;
import dev.beagle.net.wire.PacketView;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One segment: takes frames from ports and gives each to whom it is for. Nothing is learned from
 * frames; what a port may use was said when it was attached, and everything else from it is dropped
 * and counted. Ports that are full drop; nobody waits for anybody.
 *
 * <p>ARP requests go only to the owner of the address asked for, and the gateway answers for its
 * own. Frames pass between ports with their virtio-net header as it is: every port is opened with
 * checksum and TCP segmentation offload. Confined to the segment's thread.
 */
public final class EthernetSwitch {
  private static final int ARP_REQUEST = 1;

  private final MacAddress gatewayMac;
  private final IpAddress gatewayAddress;
  private final GatewaySink gateway;
  private final SwitchCounters counters;
  private final HostGuard guard;
  private final PacketView packet = new PacketView();
  private final ByteBuffer[] whole = new ByteBuffer[1];
  private final Map<MacAddress, SwitchPort> byMac = new HashMap<>();
  private final Map<IpAddress, SwitchPort> byAddress = new HashMap<>();

  public EthernetSwitch(
      MacAddress gatewayMac,
      IpAddress gatewayAddress,
      GatewaySink gateway,
      SwitchCounters counters,
      LongSupplier now) {
    this.gatewayMac = gatewayMac;
    this.gatewayAddress = gatewayAddress;
    this.gateway = gateway;
    this.counters = counters;
    this.guard = new HostGuard(now);
  }

  /** Adds a port; its MAC and addresses are nobody else's. */
  public SwitchPort attach(SwitchPort.PortIdentity identity) {
    if (byMac.containsKey(identity.mac())) {
      throw new IllegalArgumentException("MAC address " + identity.mac() + " is attached");
    }
    SwitchPort port = new SwitchPort(identity, counters);
    byMac.put(identity.mac(), port);
    identity.addresses().forEach(address -> byAddress.put(address, port));
    return port;
  }

  public void detach(SwitchPort port) {
    byMac.remove(new MacAddress(port.mac()), port);
    port.addresses().forEach(address -> byAddress.remove(address, port));
  }

  public @Nullable SwitchPort owner(IpAddress address) {
    return byAddress.get(address);
  }

  /**
   * A frame came from a port: virtio-net header first, between position and limit; only read during
   * the call. Never throws, whatever the frame holds.
   */
  public void receive(SwitchPort from, ByteBuffer frame) {
    from.counted();
    counters.increment(Counter.FRAMES);
    switch (packet.parse(frame)) {
      case MALFORMED -> counters.increment(Counter.MALFORMED);
      case OTHER -> counters.increment(Counter.UNSUPPORTED);
      case ARP -> arp(from, frame);
      case IPV4 -> ipv4(from, frame);
    }
  }

  private void arp(SwitchPort from, ByteBuffer frame) {
    IpAddress sender = packet.arpSender();
    boolean probe = sender.ipv4() == 0;
    if (packet.sourceMac() != from.mac()
        || packet.arpSenderMac() != from.mac()
        || !(probe || from.owns(sender))) {
      counters.increment(Counter.SPOOFED);
      return;
    }
    if (packet.arpOperation() == ARP_REQUEST && packet.arpTarget().equals(gatewayAddress)) {
      gateway.arpRequest(from, packet);
      return;
    }
    SwitchPort target =
        packet.arpOperation() == ARP_REQUEST
            ? byAddress.get(packet.arpTarget())
            : byMac.get(new MacAddress(packet.destinationMac()));
    if (target != null && target != from) {
      forward(target, frame);
    }
  }

  private void ipv4(SwitchPort from, ByteBuffer frame) {
    if (packet.sourceMac() != from.mac() || !from.owns(packet.source())) {
      counters.increment(Counter.SPOOFED);
      return;
    }
    long destination = packet.destinationMac();
    if (destination == gatewayMac.bits()) {
      gateway.packet(from, packet);
    } else if (MacAddress.isGroup(destination)) {
      flood(from, frame);
    } else {
      unicast(from, frame, byMac.get(new MacAddress(destination)));
    }
  }

  private void unicast(SwitchPort from, ByteBuffer frame, @Nullable SwitchPort target) {
    if (target == null || target == from) {
      counters.increment(Counter.UNKNOWN_DESTINATION);
      return;
    }
    if (from.isHost()) {
      guard.sent(packet);
    }
    if (target.isHost() && !guard.admits(packet, target)) {
      counters.increment(Counter.HOST_INTERFACE_DENIED);
      return;
    }
    forward(target, frame);
  }

  private void flood(SwitchPort from, ByteBuffer frame) {
    for (SwitchPort target : byMac.values()) {
      if (target != from && !target.isHost()) {
        forward(target, frame);
      }
    }
  }

  private void forward(SwitchPort target, ByteBuffer frame) {
    int position = frame.position();
    whole[0] = frame;
    target.send(whole, 1);
    frame.position(position);
  }
}
