package dev.beagle.net.gateway;

import dev.beagle.net.flow.FlowKey;
import dev.beagle.net.flow.Quota;
import dev.beagle.net.host.HostDatagrams;
import dev.beagle.net.link.SwitchCounters.Counter;
import dev.beagle.net.link.SwitchPort;
import dev.beagle.net.wire.IpAddress;
import dev.beagle.net.wire.PacketView;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A UDP port of the host that leads into a pod. A caller is remembered, least recently used goes
 * first, so that the pod's answers find it. On a host with several addresses an answer leaves by
 * the address that the host's routes choose: publish on one address where that matters.
 */
final class UdpForward implements AutoCloseable {
  private static final int DATAGRAMS_PER_TURN = 64;
  private static final int FIRST_GATEWAY_PORT = 1024;

  private final Surroundings around;
  private final SwitchPort to;
  private final int podPort;
  private final Quota<UdpForward> quota;
  private final ByteBuffer buffer;
  private final LinkedHashMap<FlowKey, Caller> callers = new LinkedHashMap<>(16, 0.75f, true);
  private final Map<Caller, FlowKey> keys = new HashMap<>();
  private @Nullable HostDatagrams socket;
  private int nextPort = FIRST_GATEWAY_PORT;

  private record Caller(IpAddress address, int port) {}

  private UdpForward(Surroundings around, SwitchPort to, int podPort, Shared shared) {
    this.quota = shared.callers;
    this.buffer = shared.buffer;
    this.around = around;
    this.to = to;
    this.podPort = podPort;
  }

  /**
   * What all forwards share.
   *
   * @param callers how many are remembered; one forward has a quarter at most
   * @param buffer for one datagram, used up before the next
   */
  record Shared(Quota<UdpForward> callers, ByteBuffer buffer) {
    Shared() {
      this(new Quota<>(16_384), ByteBuffer.allocateDirect(65_536));
    }
  }

  static UdpForward open(
      Surroundings around,
      PortForwards.Listening listening,
      SwitchPort to,
      int podPort,
      Shared shared)
      throws IOException {
    UdpForward forward = new UdpForward(around, to, podPort, shared);
    forward.socket =
        around.sockets().bind(listening.address(), listening.port(), forward::readable);
    return forward;
  }

  private void readable() {
    HostDatagrams from = socket;
    for (int count = 0; from != null && count < DATAGRAMS_PER_TURN; count++) {
      try {
        if (!from.receive(buffer.clear())) {
          return;
        }
      } catch (IOException error) {
        around.count(Counter.UDP_LOST);
        return;
      }
      Caller caller = new Caller(from.source(), from.sourcePort());
      FlowKey key = keys.get(caller);
      if (key == null) {
        key = keyFor(caller);
        remember(key, caller);
      } else {
        callers.get(key); // The youngest now.
      }
      around.sender().udp(to, key, buffer.flip());
    }
  }

  private void remember(FlowKey key, Caller caller) {
    if (!quota.take(this, 1)) {
      Map.Entry<FlowKey, Caller> eldest = callers.pollFirstEntry();
      if (eldest == null) {
        return; // It is heard, and cannot be answered: others have all there is.
      }
      keys.remove(eldest.getValue());
    }
    keys.put(caller, key);
    callers.put(key, caller);
  }

  private FlowKey keyFor(Caller caller) {
    IpAddress pod = to.addresses().getFirst();
    if (PortForwards.showsCaller(around.settings(), pod, caller.address)) {
      return new FlowKey(PacketView.UDP, pod, podPort, caller.address, caller.port);
    }
    FlowKey key;
    do {
      key = new FlowKey(PacketView.UDP, pod, podPort, around.settings().address(), nextPort);
      nextPort = nextPort == 0xFFFF ? FIRST_GATEWAY_PORT : nextPort + 1;
    } while (callers.containsKey(key));
    return key;
  }

  /** Sends a pod's datagram to the caller that it answers; false if it answers none. */
  boolean answer(FlowKey key, ByteBuffer payload) {
    Caller caller = callers.get(key);
    HostDatagrams through = socket;
    if (caller == null || through == null) {
      return false;
    }
    try {
      if (!through.send(payload, caller.address, caller.port)) {
        around.count(Counter.UDP_LOST);
      }
    } catch (IOException error) {
      around.count(Counter.UDP_LOST);
    }
    return true;
  }

  @Override
  public void close() {
    HostDatagrams open = socket;
    socket = null;
    quota.giveBack(this, callers.size());
    callers.clear();
    keys.clear();
    if (open != null) {
      open.close();
    }
  }
}
