package dev.beagle.net.gateway;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureDetail;
import dev.beagle.net.flow.FlowKey;
import dev.beagle.net.host.HostSockets.HostListener;
import dev.beagle.net.host.HostStream;
import dev.beagle.net.host.HostStream.ConnectFailure;
import dev.beagle.net.link.SwitchPort;
import dev.beagle.net.wire.IpAddress;
import dev.beagle.net.wire.PacketView;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Ports of the host that lead into pods. A pod sees the caller's own address where answers to it
 * come back this way; callers on the host's loopback, inside the segment, or of another family than
 * the pod appear as the gateway. Confined to the segment's thread.
 */
public final class PortForwards {
  private final Surroundings around;
  private final TcpTable tcp;
  private final UdpForward.Shared datagrams = new UdpForward.Shared();
  private final Map<Listening, Forward> forwards = new HashMap<>();

  PortForwards(Surroundings around, TcpTable tcp) {
    this.around = around;
    this.tcp = tcp;
  }

  /**
   * Where the host listens: the key by which forwards conflict.
   *
   * @param protocol {@link PacketView#TCP} or {@link PacketView#UDP}
   * @param address null for all addresses
   */
  public record Listening(int protocol, @Nullable IpAddress address, int port) {
    @Override
    public String toString() {
      String where =
          address == null ? "*" : address.isIpv4() ? address.toString() : "[" + address + "]";
      return where + ":" + port + "/" + (protocol == PacketView.UDP ? "udp" : "tcp");
    }

    boolean overlaps(Listening other) {
      return protocol == other.protocol
          && port == other.port
          && (address == null || other.address == null || address.equals(other.address));
    }
  }

  private record Forward(SwitchPort to, IpAddress pod, int podPort, AutoCloseable socket) {}

  /**
   * Listens on the host for a pod. The same again is no error.
   *
   * @throws Failure ALREADY_EXISTS if it overlaps another pod's, with its name as detail, or
   *     another program has it; INVALID_ARGUMENT if the address is not the host's; DENIED if the
   *     host does not let us
   */
  public void open(Listening listening, SwitchPort to, int podPort) {
    IpAddress pod = to.addresses().getFirst();
    for (Map.Entry<Listening, Forward> entry : forwards.entrySet()) {
      Forward other = entry.getValue();
      if (entry.getKey().equals(listening) && other.to == to && other.podPort == podPort) {
        return;
      }
      if (entry.getKey().overlaps(listening)) {
        String whole = entry.getKey().equals(listening) ? "" : " as " + entry.getKey();
        throw Failure.alreadyExists("host port " + listening + " is taken" + whole)
            .with(new FailureDetail.HeldBy(other.to.name()));
      }
    }
    try {
      AutoCloseable socket =
          listening.protocol == PacketView.UDP
              ? UdpForward.open(around, listening, to, podPort, datagrams)
              : listen(listening, to, podPort);
      forwards.put(listening, new Forward(to, pod, podPort, socket));
    } catch (IOException error) {
      throw failure(listening, error);
    }
  }

  private HostListener listen(Listening listening, SwitchPort to, int podPort) throws IOException {
    return around
        .sockets()
        .listen(
            listening.address,
            listening.port,
            (stream, caller, callerPort) -> accepted(stream, caller, callerPort, to, podPort));
  }

  private HostStream.Events accepted(
      HostStream stream, IpAddress caller, int callerPort, SwitchPort to, int podPort) {
    IpAddress pod = to.addresses().getFirst();
    IpAddress seen = showsCaller(around.settings(), pod, caller) ? caller : null;
    TcpFlow flow = tcp.openInbound(to, pod, podPort, seen, callerPort, stream);
    if (flow == null) {
      stream.reset();
      return CLOSED;
    }
    return flow;
  }

  static boolean showsCaller(GatewaySettings settings, IpAddress pod, IpAddress caller) {
    return caller.isIpv4() == pod.isIpv4()
        && !caller.isLoopbackOrUnspecified()
        && !settings.segment().contains(caller);
  }

  private static Failure failure(Listening listening, IOException error) {
    String text = String.valueOf(error.getMessage());
    if (text.contains("in use")) {
      return Failure.alreadyExists(
          "host port "
              + listening
              + " is in use by another program on this host: choose another, or end that program");
    }
    if (text.contains("assign")) {
      return Failure.invalidArgument(
          "host port " + listening + ": the address is not one of this host's");
    }
    if (text.contains("ermission denied")) {
      return Failure.denied(
          "host port "
              + listening
              + ": this user may not listen below 1024; publish a port from 1024 on");
    }
    return Failure.unavailable("host port " + listening + ": " + text, error);
  }

  /** Stops listening for a pod; flows that are open stay. Idempotent. */
  public void close(Listening listening, SwitchPort to) {
    Forward forward = forwards.get(listening);
    if (forward != null && forward.to == to) {
      forwards.remove(listening);
      close(forward);
    }
  }

  private static void close(Forward forward) {
    try {
      forward.socket.close();
    } catch (Exception error) {
      throw new IllegalStateException(error);
    }
  }

  /** Callers of UDP ports that are remembered, so that they can be answered. */
  long callers() {
    return datagrams.callers().sum();
  }

  /** Takes a pod's datagram if it answers one that a forward brought in. */
  boolean isAnswer(FlowKey key, ByteBuffer payload) {
    for (Forward forward : forwards.values()) {
      if (forward.socket instanceof UdpForward published
          && forward.podPort == key.guestPort()
          && published.answer(key, payload)) {
        return true;
      }
    }
    return false;
  }

  private static final HostStream.Events CLOSED =
      new HostStream.Events() {
        @Override
        public void connected() {}

        @Override
        public void connectFailed(ConnectFailure why) {}

        @Override
        public void readable() {}

        @Override
        public void writable() {}
      };
}
