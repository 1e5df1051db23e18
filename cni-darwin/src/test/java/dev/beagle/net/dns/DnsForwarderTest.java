package dev.beagle.net.dns;

import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.net.link.SwitchCounters;
import dev.beagle.net.link.SwitchPort;
import dev.beagle.net.testing.FaultyLink.Faults;
import dev.beagle.net.testing.SimulatedNetwork;
import dev.beagle.net.wire.IpAddress;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DnsForwarderTest {
  private static final IpAddress FIRST = IpAddress.parse("192.0.2.53");
  private static final IpAddress SECOND = IpAddress.parse("192.0.2.54");

  @TempDir private Path folder = Path.of("/nonexistent");
  private final SimulatedNetwork network = new SimulatedNetwork(1, folder);
  private final SwitchPort pod = network.guest("10.88.0.4", Faults.NONE).port();
  private final List<ByteBuffer> answers = new ArrayList<>();
  private final List<ByteBuffer> asked = new ArrayList<>();

  @BeforeEach
  void writeResolvers() throws IOException {
    Files.writeString(
        folder.resolve("resolv.conf"),
        "# a comment\nsearch x\nnameserver 10.88.0.1\nnameserver 192.0.2.53\nnameserver 192.0.2.54\n");
  }

  private DnsForwarder forwarder() {
    return new DnsForwarder(
        network.sockets(),
        network.timers(),
        network::now,
        new SwitchCounters(),
        new ResolverList(folder.resolve("resolv.conf"), Set.of(SimulatedNetwork.GATEWAY)),
        new Random(1));
  }

  private static ByteBuffer query(String name, int payloadSize) {
    ByteBuffer query = ByteBuffer.allocate(300);
    query.putShort((short) 0x1234).putShort((short) 0x0100).putShort((short) 1);
    query.putShort((short) 0).putShort((short) 0).putShort((short) (payloadSize > 0 ? 1 : 0));
    for (String label : name.split("\\.", -1)) {
      query.put((byte) label.length()).put(label.getBytes(StandardCharsets.US_ASCII));
    }
    query.put((byte) 0).putShort((short) 1).putShort((short) 1);
    if (payloadSize > 0) {
      query.put((byte) 0).putShort((short) 41).putShort((short) payloadSize).putInt(0);
      query.putShort((short) 0);
    }
    return query.flip();
  }

  private static ByteBuffer reply(ByteBuffer query, int flags, int extraBytes) {
    ByteBuffer reply = ByteBuffer.allocate(query.remaining() + extraBytes).put(query.duplicate());
    return reply.putShort(2, (short) flags).clear();
  }

  private ByteBuffer ask(ByteBuffer query) {
    forwarder().ask(pod, query, answers::add);
    network.pass(Duration.ofSeconds(30));
    assertThat(answers).hasSize(1);
    assertThat(network.sockets().open()).isZero();
    ByteBuffer answer = answers.removeFirst();
    assertThat(answer.getShort(0)).isEqualTo((short) 0x1234);
    return answer;
  }

  @Test
  void anAnswerComesBackUnderTheAskersId() {
    network
        .sockets()
        .answer(
            FIRST,
            53,
            query -> {
              asked.add(query);
              return List.of(reply(query, 0x8180, 16));
            });
    ByteBuffer answer = ask(query("a.test", 4096));
    assertThat(answer.getShort(2)).isEqualTo((short) 0x8180);
    assertThat(asked.getFirst().getShort(0)).isNotEqualTo((short) 0x1234);
    int size = asked.getFirst().getShort(asked.getFirst().limit() - 8) & 0xFFFF;
    assertThat(size).isEqualTo(1232);
  }

  @Test
  void aForeignAnswerIsNotTaken() {
    network
        .sockets()
        .answer(
            FIRST,
            53,
            query -> {
              ByteBuffer wrongId = reply(query, 0x8180, 0).putShort(0, (short) 7);
              ByteBuffer wrongQuestion = reply(query, 0x8180, 0).put(13, (byte) 'x');
              return List.of(wrongId, wrongQuestion, reply(query, 0x8183, 0));
            });
    assertThat(ask(query("a.test", 0)).getShort(2)).isEqualTo((short) 0x8183);
  }

  @Test
  void theNextResolverIsAskedWhenOneRefusesIsSilentOrFails() {
    network.sockets().answer(SECOND, 53, query -> List.of(reply(query, 0x8180, 0)));
    assertThat(ask(query("a.test", 0)).getShort(2)).isEqualTo((short) 0x8180);
    network.sockets().answer(FIRST, 53, _ -> List.of());
    assertThat(ask(query("a.test", 0)).getShort(2)).isEqualTo((short) 0x8180);
    network.sockets().answer(FIRST, 53, query -> List.of(reply(query, 0x8182, 0)));
    assertThat(ask(query("a.test", 0)).getShort(2)).isEqualTo((short) 0x8180);
  }

  @Test
  void withoutAnyAnswerItIsServerFailureNeverNoSuchName() throws IOException {
    assertThat(ask(query("a.test", 0)).getShort(2) & 0x800F).isEqualTo(0x8002);
    network.sockets().answer(FIRST, 53, _ -> List.of());
    network.sockets().answer(SECOND, 53, _ -> List.of());
    assertThat(ask(query("a.test", 0)).getShort(2) & 0x800F).isEqualTo(0x8002);
    Files.delete(folder.resolve("resolv.conf"));
    assertThat(ask(query("a.test", 0)).getShort(2) & 0x800F).isEqualTo(0x8002);
  }

  @Test
  void anAnswerThatIsTooLongForTheAskerIsTruncatedWhole() {
    network.sockets().answer(FIRST, 53, query -> List.of(reply(query, 0x8180, 700)));
    ByteBuffer answer = ask(query("a.test", 0));
    assertThat(answer.getShort(2) & 0x0200).isNotZero();
    assertThat(answer.remaining()).isEqualTo(query("a.test", 0).remaining());
    assertThat(ask(query("a.test", 1232)).getShort(2) & 0x0200).isZero();
  }

  @Test
  void aTruncatedAnswerIsFetchedOverTcp() {
    network.sockets().answer(FIRST, 53, query -> List.of(reply(query, 0x8380, 0)));
    network
        .sockets()
        .serve(
            FIRST,
            53,
            stream -> {
              ByteBuffer taken = ByteBuffer.allocate(1000);
              if (stream.takeAtFarEnd(taken) > 2) {
                ByteBuffer query = taken.flip().position(2).slice();
                ByteBuffer reply = reply(query, 0x8180, 200);
                ByteBuffer framed = ByteBuffer.allocate(2 + reply.remaining());
                framed.putShort((short) reply.remaining()).put(reply).flip();
                stream.putAtFarEnd(framed);
              }
            });
    ByteBuffer answer = ask(query("a.test", 0));
    assertThat(answer.getShort(2)).isEqualTo((short) 0x8180);
    assertThat(answer.remaining()).isEqualTo(query("a.test", 0).remaining() + 200);
  }

  @Test
  void whatIsNoQuestionIsAnsweredByItsKindOrNotAtAll() {
    ByteBuffer update = query("a.test", 0).putShort(2, (short) 0x2800);
    assertThat(ask(update).getShort(2) & 0xF).isEqualTo(DnsMessage.NOT_IMPLEMENTED);
    ByteBuffer twoQuestions = query("a.test", 0).putShort(4, (short) 2);
    assertThat(ask(twoQuestions).getShort(2) & 0xF).isEqualTo(DnsMessage.FORMAT_ERROR);
    forwarder().ask(pod, query("a.test", 0).putShort(2, (short) 0x8180), answers::add);
    forwarder().ask(pod, ByteBuffer.allocate(5), answers::add);
    assertThat(answers).isEmpty();
  }

  @Test
  void aQuestionThatIsTooLongIsAFormatErrorAndIsNotPassedOn() {
    network.sockets().answer(FIRST, 53, query -> List.of(reply(query, 0x8180, 0)));
    ByteBuffer longest = ByteBuffer.allocate(4096).put(query("a.test", 0)).clear();
    assertThat(ask(longest).getShort(2) & 0xF).isEqualTo(DnsMessage.NO_ERROR);
    ByteBuffer tooLong = ByteBuffer.allocate(4097).put(query("a.test", 0)).clear();
    ByteBuffer answer = ask(tooLong);
    assertThat(answer.getShort(2) & 0xF).isEqualTo(DnsMessage.FORMAT_ERROR);
    assertThat(answer.remaining()).isEqualTo(query("a.test", 0).remaining());
  }

  @Test
  void onePodsSlowQuestionsAreRefusedToItAloneAndOnlyWhileTheyLast() {
    network.sockets().answer(FIRST, 53, _ -> List.of());
    network.sockets().answer(SECOND, 53, _ -> List.of());
    SwitchPort other = network.guest("10.88.0.5", Faults.NONE).port();
    DnsForwarder forwarder = forwarder();
    for (int count = 0; count < 256; count++) {
      forwarder.ask(pod, query("a.test", 0), answers::add);
    }
    assertThat(answers).isEmpty();
    forwarder.ask(pod, query("a.test", 0), answers::add);
    assertThat(answers).singleElement().satisfies(this::isRefused);
    answers.clear();
    forwarder.ask(other, query("a.test", 0), answers::add);
    assertThat(answers).isEmpty();
    assertThat(forwarder.bytes().sum()).isPositive();

    network.pass(Duration.ofSeconds(30));

    assertThat(answers).hasSize(257).noneSatisfy(this::isRefused);
    assertThat(forwarder.bytes().sum()).isZero();
    network.sockets().answer(FIRST, 53, query -> List.of(reply(query, 0x8180, 0)));
    answers.clear();
    forwarder.ask(pod, query("a.test", 0), answers::add);
    network.pass(Duration.ofSeconds(1));
    assertThat(answers)
        .singleElement()
        .satisfies(answer -> assertThat(answer.getShort(2)).isEqualTo((short) 0x8180));
  }

  private void isRefused(ByteBuffer answer) {
    assertThat(answer.getShort(2) & 0xF).isEqualTo(DnsMessage.REFUSED);
  }

  @Test
  void anyBytesAreTakenWithoutAnException() {
    Random random = new Random(3);
    for (int round = 0; round < 5000; round++) {
      byte[] bytes = new byte[random.nextInt(60)];
      random.nextBytes(bytes);
      if (bytes.length > 6) {
        bytes[2] = 1;
        bytes[4] = 0;
        bytes[5] = 1;
      }
      forwarder().ask(pod, ByteBuffer.wrap(bytes), answers::add);
    }
    network.pass(Duration.ofMinutes(1));
    assertThat(network.sockets().open()).isZero();
    assertThat(answers).isNotEmpty();
  }
}
