package dev.beagle.net.gateway;

import static dev.beagle.net.gateway.Simulation.MINUTE;
import static dev.beagle.net.gateway.Simulation.NO_RESOLVERS;
import static dev.beagle.net.gateway.Simulation.SERVER;
import static dev.beagle.net.gateway.Simulation.assertNothingIsLeft;
import static dev.beagle.net.gateway.Simulation.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.net.link.PortOutput;
import dev.beagle.net.link.SwitchCounters.Counter;
import dev.beagle.net.link.SwitchPort;
import dev.beagle.net.testing.FaultyLink.Faults;
import dev.beagle.net.testing.GuestConnection;
import dev.beagle.net.testing.SimulatedGuest;
import dev.beagle.net.testing.SimulatedNetwork;
import dev.beagle.net.wire.IpAddress;
import dev.beagle.net.wire.MacAddress;
import dev.beagle.net.wire.PacketView;
import dev.beagle.net.wire.VirtioNetHeader;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/**
 * A pod that sends what it likes, through the whole segment: no exception leaves it, what it can
 * make the switch hold is bounded and gone in the end, what reaches other ports can be taken by a
 * TAP, and the traffic of another pod goes on meanwhile.
 */
class HostileFramesPropertyTest {
  private static final IpAddress OTHERS_SERVER = IpAddress.parse("192.0.2.9");
  private static final int FLOWS = 256;
  private static final int FRAMES = 1500;

  /** The host interface, or anybody on the segment: looks at what it is sent. */
  private static final class Watcher implements PortOutput {
    private int frames;

    @Override
    public boolean send(ByteBuffer[] parts, int count) {
      frames++;
      for (int part = 0; part < count; part++) {
        if (part == 0) {
          check(parts[0].duplicate(), count == 1);
        }
        parts[part].position(parts[part].limit());
      }
      return true;
    }

    /** What tun_get_user of Linux refuses, and a driver in a guest would act upon. */
    private static void check(ByteBuffer frame, boolean whole) {
      int at = frame.position();
      int length = frame.remaining() - VirtioNetHeader.LENGTH;
      if (!whole) {
        return;
      }
      int headerLength = Short.reverseBytes(frame.getShort(at + 2)) & 0xFFFF;
      assertThat(headerLength).as("hdr_len").isLessThanOrEqualTo(length);
      boolean sums = (VirtioNetHeader.flags(frame, at) & VirtioNetHeader.NEEDS_CSUM) != 0;
      if (sums) {
        assertThat(VirtioNetHeader.csumStart(frame, at) + VirtioNetHeader.csumOffset(frame, at) + 2)
            .as("the end of the checksum")
            .isLessThanOrEqualTo(length);
      }
      int gso = VirtioNetHeader.gsoType(frame, at) & ~VirtioNetHeader.GSO_ECN;
      int type = frame.getShort(at + VirtioNetHeader.LENGTH + 12) & 0xFFFF;
      if (gso != VirtioNetHeader.GSO_NONE) {
        assertThat(sums).as("segmentation without checksum").isTrue();
        assertThat(gso).isEqualTo(VirtioNetHeader.GSO_TCPV4);
        assertThat(type).isEqualTo(PacketView.TYPE_IPV4);
      }
    }

    @Override
    public boolean writable() {
      return true;
    }

    @Override
    public void close() {}
  }

  private static Watcher watch(SimulatedNetwork network, String address, long mac, boolean host) {
    Watcher watcher = new Watcher();
    SwitchPort.PortIdentity identity =
        new SwitchPort.PortIdentity(
            address, new MacAddress(mac), List.of(IpAddress.parse(address)), host);
    network.ethernet().attach(identity).connect(watcher);
    return watcher;
  }

  @Property(tries = 100)
  void whateverAPodSendsIsItsOwnTroubleOnly(@ForAll long seed) {
    SimulatedNetwork network = new SimulatedNetwork(seed, NO_RESOLVERS, FLOWS, 8 << 20);
    SimulatedGuest hostile = network.guest("10.88.0.4", Faults.NONE);
    SimulatedGuest other = network.guest("10.88.0.5", Faults.NONE);
    Watcher host = watch(network, "10.88.0.2", 0x02BE_0A58_0002L, true);
    Watcher neighbour = watch(network, "10.88.0.6", 0x02BE_0A58_0006L, false);
    network.sockets().answer(SERVER, 80, datagram -> List.of(datagram));
    byte[] up = bytes(seed, 200_000);
    byte[] down = bytes(seed + 1, 200_000);
    Exchange exchange = new Exchange(down);
    network.sockets().serve(OTHERS_SERVER, 8080, exchange);
    network.sockets().serve(SERVER, 80, stream -> stream.takeAtFarEnd(ByteBuffer.allocate(1000)));
    PortForwards.Listening published = new PortForwards.Listening(PacketView.UDP, null, 53);
    network.gateway().forwards().open(published, hostile.port(), 5353);
    HostileFrames frames =
        new HostileFrames(
            new Random(seed),
            hostile.port().mac(),
            hostile.address(),
            List.of(
                0x02BE_0A58_0001L,
                0x02BE_0A58_0001L,
                0x02BE_0A58_0001L,
                0x02BE_0A58_0002L,
                0x02BE_0A58_0006L,
                0xFFFF_FFFF_FFFFL,
                0x0100_5E00_0001L),
            List.of(
                SERVER,
                SERVER,
                SimulatedNetwork.GATEWAY,
                IpAddress.parse("10.88.0.2"),
                IpAddress.parse("10.88.0.6"),
                IpAddress.parse("127.0.0.1"),
                IpAddress.parse("255.255.255.255"),
                IpAddress.parse("224.0.0.1")));
    GuestConnection connection = other.connect(OTHERS_SERVER, 8080, up);
    for (int count = 0; count < FRAMES; count++) {
      ByteBuffer frame = ByteBuffer.wrap(frames.next());
      network.ethernet().receive(hostile.port(), frame);
      network.gateway().flush();
      if (count % 10 == 0) {
        network.pass(Duration.ofMillis(1));
      }
    }
    assertThat(network.gateway().gauges().get("tcp_flows")).isLessThanOrEqualTo(FLOWS / 4 + 1);
    assertThat(network.gateway().gauges().get("udp_flows")).isLessThanOrEqualTo(FLOWS / 4 + 1);
    assertThat(network.heldBytes()).isLessThanOrEqualTo(8 << 20);

    assertThat(
            network.runUntil(
                () -> connection.allReceived() && exchange.taken().length == up.length, MINUTE))
        .isTrue();
    assertThat(connection.received()).isEqualTo(down);
    assertThat(exchange.taken()).isEqualTo(up);
    assertThat(host.frames + neighbour.frames).as("frames on the segment").isPositive();
    assertThat(network.counters().value(Counter.MALFORMED)).isPositive();
    network.gateway().forwards().close(published, hostile.port());
    network.pass(Duration.ofHours(3));
    assertNothingIsLeft(network);
    assertThat(network.defects()).isEmpty();
  }
}
