package dev.beagle.net.gateway;

import dev.beagle.net.flow.FlowKey;
import dev.beagle.net.flow.Quota;
import dev.beagle.net.link.SwitchCounters.Counter;
import dev.beagle.net.link.SwitchPort;
import dev.beagle.net.wire.IpAddress;
import dev.beagle.net.wire.PacketView;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;

/**
 * All UDP flows. When there is no room one of the port's own goes, or of the port with the most:
 * one that nobody answered if there is any, else the least recently used.
 */
final class UdpTable {
  private static final int REMEMBERED_PEERS = 32_768;
  private static final IpAddress ANY = IpAddress.ofIpv4(0);

  private final Surroundings around;
  private final IcmpErrors errors;
  private final ByteBuffer scratch = ByteBuffer.allocateDirect(65_536);
  private final Map<FlowKey, UdpFlow> flows = new HashMap<>();
  private final FlowShares<UdpFlow> shares;

  /** Peers beside the first that flows remember: a few ports could have thousands each. */
  private final Quota<SwitchPort> peers = new Quota<>(REMEMBERED_PEERS);

  UdpTable(Surroundings around, IcmpErrors errors) {
    this.around = around;
    this.errors = errors;
    this.shares = new FlowShares<>(around.settings().largestFlows() / 2);
  }

  int size() {
    return flows.size();
  }

  IcmpErrors errors() {
    return errors;
  }

  Quota<SwitchPort> peerQuota() {
    return peers;
  }

  /** Peers that are remembered beside each flow's first. */
  long peers() {
    return peers.sum();
  }

  ByteBuffer scratch() {
    return scratch;
  }

  /** A datagram of a pod to the outside. */
  void send(SwitchPort from, FlowKey key, ByteBuffer payload) {
    FlowKey source = new FlowKey(PacketView.UDP, key.guest(), key.guestPort(), ANY, 0);
    UdpFlow flow = flows.get(source);
    if (flow == null) {
      makeRoom(from);
      flow = new UdpFlow(source, key, from, around, this);
      flows.put(source, flow);
      shares.add(from, flow);
      around.count(Counter.UDP_OPENED);
    } else {
      shares.used(from, flow);
    }
    flow.send(key, payload);
  }

  private void makeRoom(SwitchPort opener) {
    SwitchPort crowded = shares.crowded(opener);
    if (crowded == null) {
      return;
    }
    UdpFlow victim = null;
    for (UdpFlow flow : shares.of(crowded)) {
      if (!flow.isReplied()) {
        victim = flow;
        break;
      }
      victim = victim == null ? flow : victim;
    }
    if (victim != null) {
      around.count(Counter.FLOWS_EXHAUSTED);
      remove(victim);
    }
  }

  void remove(UdpFlow flow) {
    flows.remove(flow.source(), flow);
    shares.remove(flow.port(), flow);
    flow.close();
  }

  void kill(SwitchPort port) {
    shares.copyOf(port).forEach(this::remove);
  }
}
