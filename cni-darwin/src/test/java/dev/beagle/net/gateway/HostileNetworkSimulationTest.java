package dev.beagle.net.gateway;

import static dev.beagle.net.gateway.Simulation.MINUTE;
import static dev.beagle.net.gateway.Simulation.NO_RESOLVERS;
import static dev.beagle.net.gateway.Simulation.SERVER;
import static dev.beagle.net.gateway.Simulation.assertNothingIsLeft;
import static dev.beagle.net.gateway.Simulation.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.net.link.SwitchCounters.Counter;
import dev.beagle.net.tcp.TcpOwner;
import dev.beagle.net.testing.FaultyLink.Faults;
import dev.beagle.net.testing.GuestConnection;
import dev.beagle.net.testing.SimulatedGuest;
import dev.beagle.net.testing.SimulatedNetwork;
import dev.beagle.net.testing.SimulatedStream;
import dev.beagle.net.wire.IpAddress;
import dev.beagle.net.wire.PacketView;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What pods can do to the switch and to each other: memory, flows and failures stay bounded. */
class HostileNetworkSimulationTest {
  private static final long MEBIBYTE = 1 << 20;

  @Test
  void theBufferBudgetHoldsWhileEveryFlowIsStuckAndAnotherPodGoesOn() {
    long budget = 8 * MEBIBYTE;
    SimulatedNetwork network = new SimulatedNetwork(1, NO_RESOLVERS, 2048, budget);
    byte[] endless = new byte[200_000];
    // To 81 nothing is read, from 82 everything comes that is taken.
    network.sockets().serve(SERVER, 81, _ -> {});
    network.sockets().serve(SERVER, 82, stream -> stream.putAtFarEnd(ByteBuffer.allocate(48_000)));
    List<SimulatedGuest> greedy = new ArrayList<>();
    for (int pod = 4; pod < 8; pod++) {
      SimulatedGuest guest = network.guest("10.88.0." + pod, Faults.NONE);
      greedy.add(guest);
      for (int flow = 0; flow < 200; flow++) {
        guest.connect(SERVER, 81, endless).keepOpen();
        guest.connect(SERVER, 82, new byte[0]).keepOpen().reads(0, 0);
      }
    }
    network.pass(Duration.ofSeconds(20));

    long flows = 1600;
    assertThat(network.gateway().gauges()).containsEntry("tcp_flows", flows);
    assertThat(network.heldBytes()).as("the budget is spent").isGreaterThan(budget * 3 / 4);
    assertThat(network.gateway().gauges().get("flow_buffer_allocated_bytes"))
        .isLessThanOrEqualTo(budget + 2 * flows * 4096 + MEBIBYTE);
    byte[] answer = bytes(7, 300_000);
    ByteBuffer toSend = ByteBuffer.wrap(answer);
    network
        .sockets()
        .serve(
            SERVER,
            80,
            stream -> {
              stream.takeAtFarEnd(ByteBuffer.allocate(50_000));
              stream.putAtFarEnd(toSend);
              if (!toSend.hasRemaining()) {
                stream.endAtFarEnd();
              }
            });
    GuestConnection other =
        network.guest("10.88.0.99", Faults.NONE).connect(SERVER, 80, new byte[1000]);
    assertThat(network.runUntil(other::allReceived, MINUTE)).isTrue();
    assertThat(other.received()).isEqualTo(answer);
    greedy.forEach(guest -> network.gateway().endFlows(guest.port()));
    network.pass(Duration.ofMinutes(3));
    assertNothingIsLeft(network);
    assertThat(network.defects()).isEmpty();
  }

  @Test
  void aDefectInOneFlowCostsThatFlowOnly() {
    SimulatedNetwork network = new SimulatedNetwork(1, NO_RESOLVERS);
    SimulatedGuest guest = network.guest("10.88.0.4", Faults.NONE);
    List<byte[]> taken = new ArrayList<>();
    network
        .sockets()
        .serve(
            SERVER,
            80,
            stream -> {
              ByteBuffer bytes = ByteBuffer.allocate(10_000);
              stream.takeAtFarEnd(bytes);
              taken.add(java.util.Arrays.copyOf(bytes.array(), bytes.position()));
            });
    List<GuestConnection> connections = new ArrayList<>();
    for (int flow = 0; flow < 6; flow++) {
      connections.add(guest.connect(SERVER, 80, new byte[0]).keepOpen());
      network.pass(Duration.ofMillis(1));
    }
    List<SimulatedStream> streams = network.sockets().streams();
    streams.get(1).breakOurEnd();
    streams.get(3).breakOurEnd();
    streams.get(3).putAtFarEnd(ByteBuffer.allocate(10));
    taken.clear();
    for (GuestConnection connection : connections) {
      connection.send(new byte[100]);
    }
    network.pass(Duration.ofSeconds(1));
    assertThat(network.defects()).isNotEmpty();
    for (int flow = 0; flow < 6; flow++) {
      boolean broken = flow == 1 || flow == 3;
      assertThat(connections.get(flow).abortedBy())
          .as("flow %d, %s", flow, network.defects())
          .isEqualTo(broken ? TcpOwner.Abort.RESET : null);
      assertThat(streams.get(flow).wasReset()).isEqualTo(broken);
      assertThat(connections.get(flow).isAllAcknowledged()).isEqualTo(!broken);
    }
    assertThat(taken.stream().mapToInt(bytes -> bytes.length).sum()).isEqualTo(400);
    assertThat(network.gateway().gauges()).containsEntry("tcp_flows", 4L);
  }

  @Test
  void connectionsThatComeAndGoLeaveNoTimersAndNoMemory() {
    SimulatedNetwork network = new SimulatedNetwork(3, NO_RESOLVERS, 1024, 8 * MEBIBYTE);
    SimulatedGuest guest = network.guest("10.88.0.4", Faults.NONE);
    // The server ends first, so that the gateway's side would linger for a minute.
    network.sockets().serve(SERVER, 80, SimulatedStream::endAtFarEnd);
    for (int batch = 0; batch < 100; batch++) {
      for (int flow = 0; flow < 100; flow++) {
        guest.connect(SERVER, 80, new byte[10]);
      }
      network.pass(Duration.ofMillis(10));
    }
    // 10 000 connections in a second; a quarter of 1024 may linger.
    assertThat(network.gateway().gauges().get("tcp_flows")).isLessThanOrEqualTo(256);
    network.pass(Duration.ofSeconds(5));
    assertThat(network.gateway().gauges().get("timers")).isLessThanOrEqualTo(2L * 256 + 200);
    network.pass(Duration.ofMinutes(3));
    assertNothingIsLeft(network);
    assertThat(network.gateway().gauges()).containsEntry("timers", 0L);
    assertThat(network.defects()).isEmpty();
  }

  @Test
  void tenThousandFlowsAreCarriedAtOnce() {
    SimulatedNetwork network = new SimulatedNetwork(5, NO_RESOLVERS, 16_384, 64 * MEBIBYTE);
    network
        .sockets()
        .serve(
            SERVER,
            80,
            stream -> {
              ByteBuffer bytes = ByteBuffer.allocate(2000);
              stream.takeAtFarEnd(bytes);
              stream.putAtFarEnd(bytes.flip());
              if (stream.endedByUs()) {
                stream.endAtFarEnd();
              }
            });
    List<GuestConnection> connections = new ArrayList<>();
    for (int pod = 4; pod < 8; pod++) {
      SimulatedGuest guest = network.guest("10.88.0." + pod, Faults.NONE);
      for (int flow = 0; flow < 2500; flow++) {
        connections.add(guest.connect(SERVER, 80, bytes(flow, 100)).keepOpen());
      }
    }
    network.pass(Duration.ofSeconds(1));
    assertThat(network.gateway().gauges()).containsEntry("tcp_flows", 10_000L);
    for (int flow = 0; flow < connections.size(); flow++) {
      assertThat(connections.get(flow).received()).isEqualTo(bytes(flow % 2500, 100));
      connections.get(flow).end();
    }
    network.pass(Duration.ofMinutes(3));
    assertThat(connections).allMatch(GuestConnection::allReceived);
    assertNothingIsLeft(network);
  }

  @Test
  void aFloodOfSynsToSilentAddressesTakesTheFloodersShareOnly() {
    SimulatedNetwork network = new SimulatedNetwork(2, NO_RESOLVERS);
    SimulatedGuest flooder = network.guest("10.88.0.4", Faults.NONE);
    SimulatedGuest other = network.guest("10.88.0.5", Faults.NONE);
    network.sockets().serve(SERVER, 80, _ -> {});
    Random random = new Random(2);
    for (int count = 0; count < 20_000; count++) {
      byte[] packet =
          Fragments.syn(
              flooder.address(), IpAddress.ofIpv4(0x0B00_0000 | random.nextInt(1 << 24)), 80);
      flooder.sendRaw(Fragments.framed(flooder.port().mac(), packet));
      if (count % 100 == 0) {
        network.pass(Duration.ofMillis(1));
      }
    }
    GuestConnection connection = other.connect(SERVER, 80, new byte[1]).keepOpen();
    assertThat(network.runUntil(connection::isEstablished, Duration.ofSeconds(1))).isTrue();
    assertThat(network.gateway().gauges().get("tcp_flows")).isLessThanOrEqualTo(65);
    network.gateway().endFlows(other.port());
    network.pass(Duration.ofMinutes(5));
    assertNothingIsLeft(network);
    assertThat(network.defects()).isEmpty();
  }

  @Test
  void peersOfDatagramsAreBoundedWhateverManyPortsSendToMany() {
    SimulatedNetwork network = new SimulatedNetwork(4, NO_RESOLVERS, 4096, 8 * MEBIBYTE);
    SimulatedGuest guest = network.guest("10.88.0.4", Faults.NONE);
    for (int port = 1000; port < 1200; port++) {
      for (int peer = 0; peer < 100; peer++) {
        guest.sendUdp(IpAddress.ofIpv4(0x0B00_0000 + peer), port, 9, new byte[1]);
      }
      network.pass(Duration.ofMillis(1));
    }
    assertThat(network.gateway().gauges()).containsEntry("udp_flows", 200L);
    assertThat(network.gateway().gauges().get("udp_peers")).isEqualTo(8192);
    network.pass(Duration.ofMinutes(6));
    assertNothingIsLeft(network);
  }

  @Test
  void onePodsFragmentsDoNotThrowOutAnothers() {
    SimulatedNetwork network = new SimulatedNetwork(1, NO_RESOLVERS);
    SimulatedGuest hostile = network.guest("10.88.0.4", Faults.NONE);
    SimulatedGuest other = network.guest("10.88.0.5", Faults.NONE);
    network.sockets().answer(SERVER, 7, datagram -> List.of(datagram));
    List<byte[]> whole = Fragments.of(other.address(), SERVER, 5000, 7, new byte[4000]);
    other.sendRaw(Fragments.framed(other.port().mac(), whole.getFirst()));
    network.pass(Duration.ofMillis(1));
    for (int count = 0; count < 1000; count++) {
      byte[] first = Fragments.of(hostile.address(), SERVER, 5000, 7, new byte[4000]).getFirst();
      ByteBuffer.wrap(first).putShort(4, (short) count);
      byte[] frame = Fragments.framed(hostile.port().mac(), first);
      Fragments.repairIpChecksum(frame);
      hostile.sendRaw(frame);
    }
    network.pass(Duration.ofMillis(1));
    for (byte[] rest : whole.subList(1, whole.size())) {
      other.sendRaw(Fragments.framed(other.port().mac(), rest));
    }
    network.pass(Duration.ofMillis(10));
    assertThat(other.packets()).as("the echo, in three fragments").hasSize(3);
    assertThat(network.counters().value(Counter.FRAGMENTS_LOST)).isGreaterThan(900);
  }

  @Test
  void aUsedPortIsOpenedAgainAtOnce() {
    SimulatedNetwork network = new SimulatedNetwork(6, NO_RESOLVERS, 16_384, 8 * MEBIBYTE);
    SimulatedGuest guest = network.guest("10.88.0.4", Faults.NONE);
    network.sockets().serve(SERVER, 80, SimulatedStream::endAtFarEnd);
    // The guest has 32 768 ports of its own: the second round meets tuples that linger.
    List<GuestConnection> again = new ArrayList<>();
    for (int flow = 0; flow < 32_768 + 500; flow++) {
      GuestConnection connection = guest.connect(SERVER, 80, new byte[1]);
      if (flow >= 32_768) {
        again.add(connection);
      }
      if (flow % 500 == 499) {
        network.pass(Duration.ofMillis(20));
      }
    }
    network.pass(Duration.ofSeconds(5));
    assertThat(again).allMatch(GuestConnection::allReceived);
    network.pass(Duration.ofMinutes(3));
    assertNothingIsLeft(network);
  }

  @Test
  void aStreamThatWaitsForAFullPortIsForgottenWithItsFlow() {
    SimulatedNetwork network = new SimulatedNetwork(1, NO_RESOLVERS);
    SimulatedGuest guest = network.guest("10.88.0.4", Faults.NONE);
    network.sockets().serve(SERVER, 80, stream -> stream.putAtFarEnd(ByteBuffer.allocate(1000)));
    for (int round = 0; round < 500; round++) {
      GuestConnection connection = guest.connect(SERVER, 80, new byte[0]).keepOpen();
      network.runUntil(connection::isEstablished, MINUTE);
      guest.full(true);
      network.pass(Duration.ofMillis(1));
      connection.reset();
      network.pass(Duration.ofMillis(1));
      assertThat(guest.port().waiting()).isLessThanOrEqualTo(1);
    }
    guest.full(false);
    network.pass(Duration.ofMinutes(1));
    assertNothingIsLeft(network);
  }

  @Test
  void aPublishedPortsManyCallersAreBounded() {
    SimulatedNetwork network = new SimulatedNetwork(1, NO_RESOLVERS);
    SimulatedGuest guest = network.guest("10.88.0.4", Faults.NONE);
    network
        .gateway()
        .forwards()
        .open(new PortForwards.Listening(PacketView.UDP, null, 53), guest.port(), 5353);
    for (int caller = 0; caller < 10_000; caller++) {
      network.sockets().datagram(53, IpAddress.ofIpv4(0x0B00_0000 + caller), 999, new byte[1]);
    }
    network.pass(Duration.ofMillis(10));
    assertThat(guest.packets()).hasSize(10_000);
    assertThat(network.gateway().gauges()).containsEntry("udp_callers", 4096L);
  }
}
