package dev.beagle.net.link;

import dev.beagle.net.wire.PacketView;

/** Gets the frames that are for the gateway. */
public interface GatewaySink {
  /** An IPv4 packet whose sender was checked; valid during the call. */
  void packet(SwitchPort from, PacketView packet);

  /** An ARP request for the gateway's own address. */
  void arpRequest(SwitchPort from, PacketView packet);
}
