package dev.beagle.net.dns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.net.host.HostStream;
import dev.beagle.net.link.SwitchCounters;
import dev.beagle.net.testing.FaultyLink.Faults;
import dev.beagle.net.testing.GuestConnection;
import dev.beagle.net.testing.SimulatedGuest;
import dev.beagle.net.testing.SimulatedNetwork;
import dev.beagle.net.wire.IpAddress;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** DNS over TCP as pods speak it, through their own TCP. */
class DnsStreamTest {
  private static final IpAddress RESOLVER = IpAddress.parse("192.0.2.53");

  @TempDir private Path folder = Path.of("/nonexistent");
  private SimulatedNetwork network = new SimulatedNetwork(1, folder);
  private SimulatedGuest guest = network.guest("10.88.0.4", Faults.NONE);

  @BeforeEach
  void writeResolvers() throws IOException {
    Files.writeString(folder.resolve("resolv.conf"), "nameserver 192.0.2.53\n");
    network = new SimulatedNetwork(1, folder.resolve("resolv.conf"));
    guest = network.guest("10.88.0.4", Faults.NONE);
  }

  /** Questions for "a.", one after the other, each filled up with zeros to a length. */
  private static byte[] questions(int... lengths) {
    ByteBuffer all = ByteBuffer.allocate(Arrays.stream(lengths).map(n -> n + 2).sum());
    for (int i = 0; i < lengths.length; i++) {
      int start = all.position() + 2;
      all.putShort((short) lengths[i]).putShort((short) i).putShort((short) 0x0100);
      all.putShort((short) 1).putInt(0).putShort((short) 0);
      all.put((byte) 1).put((byte) 'a').put((byte) 0).putShort((short) 1).putShort((short) 1);
      all.position(start + lengths[i]);
    }
    return all.array();
  }

  private static List<String> answers(GuestConnection connection) {
    ByteBuffer all = ByteBuffer.wrap(connection.received());
    List<String> answers = new ArrayList<>();
    while (all.hasRemaining()) {
      ByteBuffer answer = all.slice(all.position() + 2, all.getShort() & 0xFFFF);
      all.position(all.position() + answer.remaining());
      answers.add(answer.getShort(0) + ":" + (answer.getShort(2) & 0xF));
    }
    return answers;
  }

  @Test
  void questionsThatAreTooLongAreFormatErrorsAndTheNextIsUnderstood() {
    network.sockets().answer(RESOLVER, 53, query -> List.of(query.putShort(2, (short) 0x8180)));
    GuestConnection connection =
        guest.connect(SimulatedNetwork.GATEWAY, 53, questions(20, 65_000, 4097, 4096, 65_535, 19));
    assertThat(network.runUntil(connection::allReceived, Duration.ofMinutes(1))).isTrue();
    assertThat(answers(connection))
        .containsExactlyInAnyOrder("0:0", "1:1", "2:1", "3:0", "4:1", "5:0");
  }

  @Test
  void aFloodOfQuestionsOverManyConnectionsHoldsLittleAndHurtsNobodyElse() {
    network.sockets().answer(RESOLVER, 53, _ -> List.of());
    int[] lengths = new int[64];
    Arrays.fill(lengths, 4096);
    byte[] flood = questions(lengths);
    for (int count = 0; count < 24; count++) {
      guest.connect(SimulatedNetwork.GATEWAY, 53, flood);
    }
    network.pass(Duration.ofSeconds(1));
    assertThat(network.sockets().open()).isEqualTo(256);

    network.sockets().answer(RESOLVER, 53, query -> List.of(query.putShort(2, (short) 0x8180)));
    GuestConnection other =
        network
            .guest("10.88.0.5", Faults.NONE)
            .connect(SimulatedNetwork.GATEWAY, 53, questions(19));
    assertThat(network.runUntil(other::allReceived, Duration.ofSeconds(1))).isTrue();
    assertThat(answers(other)).containsExactly("0:0");
    network.pass(Duration.ofMinutes(5));
    assertThat(network.sockets().open()).isZero();
    assertThat(network.gateway().gauges())
        .containsEntry("tcp_flows", 0L)
        .containsEntry("dns_held_bytes", 0L);
  }

  @Test
  void aPodThatTakesNoAnswersLosesTheConnectionAndTheyAreForgotten() throws IOException {
    network.sockets().answer(RESOLVER, 53, query -> List.of(longAnswer(query)));
    DnsForwarder forwarder =
        new DnsForwarder(
            network.sockets(),
            network.timers(),
            network::now,
            new SwitchCounters(),
            new ResolverList(folder.resolve("resolv.conf"), Set.of(SimulatedNetwork.GATEWAY)),
            new Random(1));
    HostStream greedy = forwarder.open(guest.port(), true, new NeverReads());
    greedy.write(ByteBuffer.wrap(questions(19, 19, 19)));
    network.pass(Duration.ofSeconds(1));
    assertThat(forwarder.heldBytes()).isEqualTo(3 * 60_002);

    int[] many = new int[61];
    Arrays.fill(many, 19);
    greedy.write(ByteBuffer.wrap(questions(many)));
    network.pass(Duration.ofSeconds(1));

    assertThat(forwarder.heldBytes()).isZero();
    assertThatThrownBy(() -> greedy.read(ByteBuffer.allocate(10)))
        .hasMessageContaining("port 10.88.0.4");
    assertThatThrownBy(() -> greedy.write(ByteBuffer.wrap(questions(19))))
        .isInstanceOf(IOException.class);
    greedy.close();
    greedy.close();
    assertThat(forwarder.connections().sum()).isZero();
  }

  private static ByteBuffer longAnswer(ByteBuffer query) {
    return ByteBuffer.allocate(60_000).put(query).putShort(2, (short) 0x8180).clear();
  }

  private static final class NeverReads implements HostStream.Events {
    @Override
    public void connected() {}

    @Override
    public void connectFailed(HostStream.ConnectFailure why) {
      throw new AssertionError(why);
    }

    @Override
    public void readable() {}

    @Override
    public void writable() {}
  }
}
