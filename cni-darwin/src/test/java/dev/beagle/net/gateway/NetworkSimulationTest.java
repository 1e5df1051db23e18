package dev.beagle.net.gateway;

import static dev.beagle.net.gateway.Simulation.MINUTE;
import static dev.beagle.net.gateway.Simulation.NO_RESOLVERS;
import static dev.beagle.net.gateway.Simulation.SERVER;
import static dev.beagle.net.gateway.Simulation.assertNothingIsLeft;
import static dev.beagle.net.gateway.Simulation.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.net.host.HostStream.ConnectFailure;
import dev.beagle.net.link.SwitchCounters.Counter;
import dev.beagle.net.link.SwitchPort;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The network against simulated guests and hosts; every run is a function of its seed. */
class NetworkSimulationTest {
  private static final Faults BAD = new Faults(20, 10, 250, 500_000);

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void everyByteArrivesBothWaysOverALinkThatLosesDoublesAndReorders(long seed) {
    SimulatedNetwork network = new SimulatedNetwork(seed, NO_RESOLVERS);
    SimulatedGuest guest = network.guest("10.88.0.4", BAD);
    byte[] up = bytes(seed, 700_000);
    byte[] down = bytes(seed + 100, 900_000);
    Exchange exchange = new Exchange(down);
    network.sockets().serve(SERVER, 80, exchange);

    GuestConnection connection = guest.connect(SERVER, 80, up);

    assertThat(
            network.runUntil(
                () ->
                    connection.allReceived() && network.sockets().streams().getFirst().endedByUs(),
                Duration.ofMinutes(5)))
        .as("seed %d", seed)
        .isTrue();
    assertThat(connection.received()).isEqualTo(down);
    assertThat(exchange.taken()).isEqualTo(up);
    assertThat(guest.lost()).isPositive();
    network.pass(Duration.ofMinutes(3));
    assertNothingIsLeft(network);
  }

  @Test
  void aRefusedConnectionIsRefusedInThePod() {
    SimulatedNetwork network = new SimulatedNetwork(1, NO_RESOLVERS);
    SimulatedGuest guest = network.guest("10.88.0.4", Faults.NONE);
    GuestConnection connection = guest.connect(SERVER, 81, new byte[0]);
    network.pass(Duration.ofMillis(10));
    assertThat(connection.abortedBy()).isEqualTo(TcpOwner.Abort.REFUSED);
    assertNothingIsLeft(network);
  }

  @Test
  void anUnreachableHostIsToldByIcmpWithThePodsOwnSequenceNumber() {
    SimulatedNetwork network = new SimulatedNetwork(1, NO_RESOLVERS);
    SimulatedGuest guest = network.guest("10.88.0.4", Faults.NONE);
    network.sockets().fail(SERVER, 80, ConnectFailure.HOST_UNREACHABLE);
    guest.connect(SERVER, 80, new byte[0]);
    network.pass(Duration.ofMillis(10));
    ByteBuffer error = ByteBuffer.wrap(guest.packets().getFirst());
    assertThat(error.get(9)).isEqualTo((byte) PacketView.ICMP);
    assertThat(error.getShort(20)).isEqualTo((short) IcmpErrors.HOST_UNREACHABLE);
    assertThat(error.getInt(28 + 12)).isEqualTo(guest.address().ipv4());
    assertThat(error.getInt(28 + 16)).isEqualTo(SERVER.ipv4());
    assertThat(error.getShort(28 + 22)).isEqualTo((short) 80);
  }

  @Test
  void aTimeoutIsSilentAndIsNotTriedAgainByRepeatedSyns() {
    SimulatedNetwork network = new SimulatedNetwork(1, NO_RESOLVERS);
    SimulatedGuest guest = network.guest("10.88.0.4", Faults.NONE);
    network.sockets().fail(SERVER, 80, ConnectFailure.TIMED_OUT);
    GuestConnection connection = guest.connect(SERVER, 80, new byte[0]);
    network.pass(Duration.ofMinutes(2));
    assertThat(connection.abortedBy()).isEqualTo(TcpOwner.Abort.TIMED_OUT);
    assertThat(network.sockets().streams()).hasSize(1);
    network.pass(MINUTE);
    assertNothingIsLeft(network);
  }

  @Test
  void thePodsResetResetsTheHostsSocket() {
    SimulatedNetwork network = new SimulatedNetwork(1, NO_RESOLVERS);
    SimulatedGuest guest = network.guest("10.88.0.4", Faults.NONE);
    network.sockets().serve(SERVER, 80, _ -> {});
    GuestConnection connection = guest.connect(SERVER, 80, new byte[10]).keepOpen();
    network.runUntil(connection::isEstablished, MINUTE);
    connection.reset();
    network.pass(Duration.ofMillis(10));
    assertThat(network.sockets().streams().getFirst().wasReset()).isTrue();
    assertNothingIsLeft(network);
  }

  @Test
  void theHostsResetReachesThePodAfterItsData() {
    SimulatedNetwork network = new SimulatedNetwork(1, NO_RESOLVERS);
    SimulatedGuest guest = network.guest("10.88.0.4", Faults.NONE);
    byte[] last = bytes(1, 20_000);
    ByteBuffer toSend = ByteBuffer.wrap(last);
    network.sockets().serve(SERVER, 80, stream -> stream.putAtFarEnd(toSend));
    GuestConnection connection = guest.connect(SERVER, 80, new byte[0]).keepOpen();
    network.runUntil(() -> connection.received().length == last.length, MINUTE);
    network.sockets().streams().getFirst().resetAtFarEnd();
    network.pass(Duration.ofMillis(100));
    assertThat(connection.received()).isEqualTo(last);
    assertThat(connection.abortedBy()).isEqualTo(TcpOwner.Abort.RESET);
    assertNothingIsLeft(network);
  }

  @Test
  void aHalfClosedConnectionStillCarriesTheOtherDirection() {
    SimulatedNetwork network = new SimulatedNetwork(1, NO_RESOLVERS);
    SimulatedGuest guest = network.guest("10.88.0.4", Faults.NONE);
    byte[] answer = bytes(3, 2_000_000);
    ByteBuffer toSend = ByteBuffer.wrap(answer);
    network
        .sockets()
        .serve(
            SERVER,
            80,
            stream -> {
              stream.takeAtFarEnd(ByteBuffer.allocate(100_000));
              if (stream.endedByUs()) {
                stream.putAtFarEnd(toSend);
                if (!toSend.hasRemaining()) {
                  stream.endAtFarEnd();
                }
              }
            });
    GuestConnection connection = guest.connect(SERVER, 80, bytes(4, 1000));
    assertThat(network.runUntil(connection::allReceived, MINUTE)).isTrue();
    assertThat(connection.received()).isEqualTo(answer);
    network.pass(Duration.ofMinutes(2));
    assertNothingIsLeft(network);
  }

  @Test
  void aPodThatNoLongerAnswersHoldsNothingForEver() {
    SimulatedNetwork network = new SimulatedNetwork(1, NO_RESOLVERS);
    SimulatedGuest guest = network.guest("10.88.0.4", Faults.NONE);
    network.sockets().serve(SERVER, 80, stream -> stream.putAtFarEnd(ByteBuffer.allocate(50_000)));
    GuestConnection connection = guest.connect(SERVER, 80, new byte[0]).keepOpen();
    network.runUntil(() -> connection.received().length > 100_000, MINUTE);
    guest.cut();
    network.pass(Duration.ofMinutes(5));
    assertNothingIsLeft(network);
  }

  @Test
  void loopbackAndTheSegmentAreNotLedTo() {
    SimulatedNetwork network = new SimulatedNetwork(1, NO_RESOLVERS);
    SimulatedGuest guest = network.guest("10.88.0.4", Faults.NONE);
    for (String denied : List.of("127.0.0.1", "0.0.0.0", "10.88.0.9", "224.0.0.1", "10.88.0.2")) {
      IpAddress address = IpAddress.parse(denied);
      network.sockets().serve(address, 80, _ -> {});
      guest.connect(address, 80, new byte[0]);
      guest.sendUdp(address, 1000, 80, new byte[4]);
    }
    network.pass(Duration.ofSeconds(1));
    assertThat(network.sockets().streams()).isEmpty();
    assertThat(network.sockets().open()).isZero();
    assertThat(network.counters().value(Counter.DENIED_DESTINATION)).isGreaterThanOrEqualTo(10);
  }

  @Test
  void aPublishedPortShowsTheCallerAndCarriesBothWays() {
    SimulatedNetwork network = new SimulatedNetwork(1, NO_RESOLVERS);
    SimulatedGuest guest = network.guest("10.88.0.4", BAD);
    guest.listen(8080);
    network
        .gateway()
        .forwards()
        .open(new PortForwards.Listening(PacketView.TCP, null, 80), guest.port(), 8080);
    byte[] request = bytes(5, 300_000);
    Exchange caller = new Exchange(request);

    network.sockets().call(80, IpAddress.parse("198.51.100.9"), 4711, caller);
    network.sockets().call(80, IpAddress.parse("127.0.0.1"), 4712, _ -> {});

    assertThat(
            network.runUntil(
                () -> guest.accepted().stream().anyMatch(GuestConnection::allReceived), MINUTE))
        .isTrue();
    assertThat(guest.accepted()).hasSize(2);
    assertThat(guest.accepted().stream().filter(GuestConnection::allReceived))
        .singleElement()
        .satisfies(connection -> {
          assertThat(connection.received()).isEqualTo(request);
          assertThat(connection.remote()).hasToString("198.51.100.9");
        });
    assertThat(guest.accepted().stream().map(GuestConnection::remote))
        .contains(SimulatedNetwork.GATEWAY);
  }

  @Test
  void aPublishedPortWithoutListenerInThePodResetsTheCaller() {
    SimulatedNetwork network = new SimulatedNetwork(1, NO_RESOLVERS);
    SimulatedGuest guest = network.guest("10.88.0.4", Faults.NONE);
    network
        .gateway()
        .forwards()
        .open(new PortForwards.Listening(PacketView.TCP, null, 80), guest.port(), 8080);
    SimulatedStream call =
        network.sockets().call(80, IpAddress.parse("198.51.100.9"), 4711, _ -> {});
    network.pass(Duration.ofSeconds(1));
    assertThat(call.wasReset()).isTrue();
    assertNothingIsLeft(network);
  }

  @Test
  void datagramsGoAndComeAndRefusalsAreTold() {
    SimulatedNetwork network = new SimulatedNetwork(1, NO_RESOLVERS);
    SimulatedGuest guest = network.guest("10.88.0.4", Faults.NONE);
    IpAddress other = IpAddress.parse("192.0.2.8");
    network.sockets().answer(SERVER, 7, datagram -> List.of(datagram));
    network.sockets().answer(other, 7, datagram -> List.of(datagram, datagram.duplicate()));
    guest.sendUdp(SERVER, 5000, 7, new byte[] {1});
    guest.sendUdp(other, 5000, 7, new byte[] {2});
    guest.sendUdp(SERVER, 5001, 9, new byte[] {3});
    network.pass(Duration.ofMillis(10));
    List<String> seen = new ArrayList<>();
    for (byte[] packet : guest.packets()) {
      seen.add(packet[9] + "/" + packet[15] + "/" + packet[20]);
    }
    assertThat(seen).containsExactlyInAnyOrder("17/7/0", "17/8/0", "17/8/0", "1/1/3");
    network.pass(Duration.ofMinutes(6));
    assertNothingIsLeft(network);
  }

  @Test
  void fragmentsOfADatagramAreJoinedInAnyOrder() {
    SimulatedNetwork network = new SimulatedNetwork(1, NO_RESOLVERS);
    SimulatedGuest guest = network.guest("10.88.0.4", Faults.NONE);
    List<byte[]> arrived = new ArrayList<>();
    network
        .sockets()
        .answer(
            SERVER,
            7,
            datagram -> {
              byte[] copy = new byte[datagram.remaining()];
              datagram.duplicate().get(copy);
              arrived.add(copy);
              return List.of(datagram);
            });
    byte[] payload = bytes(9, 4000);
    for (byte[] fragment : Fragments.of(guest.address(), SERVER, 5000, 7, payload)) {
      guest.sendRaw(Fragments.framed(guest.port().mac(), fragment));
    }
    network.pass(Duration.ofMillis(10));
    assertThat(arrived).hasSize(1);
    assertThat(arrived.getFirst()).isEqualTo(payload);
    assertThat(guest.packets()).hasSize(3); // The echo, in fragments of the MTU.
  }

  @Test
  void onePodsConnectionsFillItsShareOnlyAndThoseInUseStay() {
    SimulatedNetwork network = new SimulatedNetwork(1, NO_RESOLVERS);
    SimulatedGuest greedy = network.guest("10.88.0.4", Faults.NONE);
    network.sockets().serve(SERVER, 80, _ -> {});
    List<GuestConnection> connections = new ArrayList<>();
    for (int count = 0; count < 100; count++) {
      connections.add(greedy.connect(SERVER, 80, new byte[1]).keepOpen());
    }
    network.pass(Duration.ofMillis(100));
    for (int count = 0; count < 100; count++) {
      greedy.connect(SERVER, 80, new byte[1]).keepOpen();
      network.pass(Duration.ofMillis(1));
    }
    // A quarter of the 256 that the simulated gateway has.
    assertThat(network.gateway().gauges()).containsEntry("tcp_flows", 64L);
    assertThat(network.counters().value(Counter.FLOWS_EXHAUSTED)).isPositive();
    assertThat(connections.stream().filter(each -> each.abortedBy() == null))
        .hasSizeGreaterThan(63);

    GuestConnection other =
        network.guest("10.88.0.5", Faults.NONE).connect(SERVER, 80, new byte[1]).keepOpen();
    assertThat(network.runUntil(other::isEstablished, Duration.ofSeconds(1))).isTrue();
  }

  @Test
  void onePodsDatagramsThrowOutItsOwnFlowsUnansweredOnesFirst() {
    SimulatedNetwork network = new SimulatedNetwork(1, NO_RESOLVERS);
    SimulatedGuest greedy = network.guest("10.88.0.4", Faults.NONE);
    SimulatedGuest other = network.guest("10.88.0.5", Faults.NONE);
    network.sockets().answer(SERVER, 7, datagram -> List.of(datagram));
    network.sockets().answer(SERVER, 8, _ -> List.of());
    other.sendUdp(SERVER, 5000, 8, new byte[1]);
    greedy.sendUdp(SERVER, 999, 7, new byte[1]);
    network.pass(Duration.ofMillis(10));
    for (int port = 1000; port < 1200; port++) {
      greedy.sendUdp(SERVER, port, 8, new byte[1]);
    }
    network.pass(Duration.ofMillis(10));
    assertThat(network.gateway().gauges()).containsEntry("udp_flows", 33L);
    long opened = network.counters().value(Counter.UDP_OPENED);
    other.sendUdp(SERVER, 5000, 8, new byte[1]);
    greedy.sendUdp(SERVER, 999, 7, new byte[1]);
    network.pass(Duration.ofMillis(10));
    assertThat(network.counters().value(Counter.UDP_OPENED)).isEqualTo(opened);
    network.pass(Duration.ofMinutes(6));
    assertNothingIsLeft(network);
  }

  @Test
  void inAFullTableThePodWithTheMostGivesWay() {
    SwitchPort most = new SimulatedNetwork(1, NO_RESOLVERS).guest("10.88.0.4", Faults.NONE).port();
    SwitchPort few = new SimulatedNetwork(1, NO_RESOLVERS).guest("10.88.0.5", Faults.NONE).port();
    FlowShares<String> shares = new FlowShares<>(12);
    shares.add(most, "a");
    shares.add(most, "b");
    assertThat(shares.crowded(most)).isNull();
    shares.add(most, "c");
    assertThat(shares.crowded(most)).isSameAs(most);
    assertThat(shares.crowded(few)).isNull();
    for (int i = 0; i < 9; i++) {
      shares.add(few, "f" + i);
    }
    assertThat(shares.crowded(most)).isSameAs(most);
    shares.remove(most, "c");
    shares.remove(most, "c");
    shares.add(few, "f9");
    assertThat(shares.crowded(most)).isSameAs(few);
    assertThat(shares.size()).isEqualTo(12);
  }

  @Test
  void noFrameWhateverItHoldsGetsAnExceptionOut() {
    SimulatedNetwork network = new SimulatedNetwork(1, NO_RESOLVERS);
    SimulatedGuest guest = network.guest("10.88.0.4", Faults.NONE);
    network.guest("10.88.0.5", Faults.NONE);
    network.sockets().serve(SERVER, 80, new Exchange(new byte[100]));
    Random random = new Random(42);
    byte[] good = Fragments.framed(guest.port().mac(), Fragments.syn(guest.address(), SERVER, 80));
    for (int round = 0; round < 20_000; round++) {
      byte[] frame = good.clone();
      for (int flips = random.nextInt(6); flips >= 0; flips--) {
        frame[random.nextInt(frame.length)] = (byte) random.nextInt();
      }
      if (random.nextBoolean()) {
        Fragments.repairIpChecksum(frame);
      }
      network
          .ethernet()
          .receive(guest.port(), ByteBuffer.wrap(frame, 0, random.nextInt(frame.length + 1)));
      network.gateway().flush();
    }
    network.pass(Duration.ofMinutes(10));
    assertThat(network.counters().value(Counter.DEFECTS)).isZero();
    assertThat(network.counters().value(Counter.MALFORMED)).isPositive();
    assertThat(network.counters().value(Counter.SPOOFED)).isPositive();
    assertThat(network.heldBytes()).isZero();
  }
}
