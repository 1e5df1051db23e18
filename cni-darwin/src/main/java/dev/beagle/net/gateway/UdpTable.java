package dev.beagle.net.gateway;

import dev.beagle.net.flow.FlowKey;
import dev.beagle.net.link.SwitchCounters.Counter;
import dev.beagle.net.link.SwitchPort;
import dev.beagle.net.wire.IpAddress;
import dev.beagle.net.wire.PacketView;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** All UDP flows, oldest use first; when there is no room the oldest goes. */
final class UdpTable {
  private static final IpAddress ANY = IpAddress.ofIpv4(0);

  private final Surroundings around;
  private final IcmpErrors errors;
  private final ByteBuffer scratch = ByteBuffer.allocateDirect(65_536);
  private final LinkedHashMap<FlowKey, UdpFlow> flows = new LinkedHashMap<>(64, 0.75f, true);

  UdpTable(Surroundings around, IcmpErrors errors) {
    this.around = around;
    this.errors = errors;
  }

  int size() {
    return flows.size();
  }

  IcmpErrors errors() {
    return errors;
  }

  ByteBuffer scratch() {
    return scratch;
  }

  /** A datagram of a pod to the outside. */
  void send(SwitchPort from, FlowKey key, ByteBuffer payload) {
    FlowKey source = new FlowKey(PacketView.UDP, key.guest(), key.guestPort(), ANY, 0);
    UdpFlow flow = flows.get(source);
    if (flow == null) {
      makeRoom();
      flow = new UdpFlow(source, key, from, around, this);
      flows.put(source, flow);
      around.count(Counter.UDP_OPENED);
    }
    flow.send(key, payload);
  }

  private void makeRoom() {
    if (flows.size() >= around.settings().largestFlows() / 2) {
      Map.@Nullable Entry<FlowKey, UdpFlow> oldest = flows.firstEntry();
      if (oldest != null) {
        around.count(Counter.FLOWS_EXHAUSTED);
        remove(oldest.getValue());
      }
    }
  }

  void remove(UdpFlow flow) {
    flows.remove(flow.source(), flow);
    flow.close();
  }

  void kill(SwitchPort port) {
    for (UdpFlow flow : List.copyOf(flows.values())) {
      if (flow.port() == port) {
        remove(flow);
      }
    }
  }
}
