package dev.beagle.node.streaming;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.node.streaming.SpdyWire.Data;
import dev.beagle.node.streaming.SpdyWire.Frame;
import dev.beagle.node.streaming.SpdyWire.Ping;
import dev.beagle.node.streaming.SpdyWire.Reply;
import dev.beagle.node.streaming.SpdyWire.Reset;
import dev.beagle.node.transport.ReadGate;
import dev.beagle.node.transport.SpdyCodec;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SpdyConnectionTest {
  private static final int REFUSED_STREAM = 3;
  private static final int CANCEL = 5;

  private final SpdyWire wire = new SpdyWire();
  private final RecordingSession session = new RecordingSession();
  private final EmbeddedChannel channel =
      new EmbeddedChannel(
          SpdyCodec.create(), new SpdyConnection(session, StreamingLimits.STANDARD));

  @AfterEach
  void nothingEscapesOrLeaks() {
    channel.checkException();
    channel.finishAndReleaseAll();
  }

  private void send(byte[]... frames) {
    for (byte[] frame : frames) {
      channel.writeInbound(Unpooled.wrappedBuffer(frame));
    }
  }

  private void open(int id, String type) {
    send(wire.open(id, Map.of("streamtype", type)));
  }

  private List<Frame> answers() {
    channel.runPendingTasks();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (ByteBuf out = channel.readOutbound(); out != null; out = channel.readOutbound()) {
      byte[] piece = new byte[out.readableBytes()];
      out.readBytes(piece).release();
      bytes.writeBytes(piece);
    }
    return wire.read(bytes.toByteArray());
  }

  @Test
  void aStreamIsAnsweredWithAHeaderBeforeItsData() throws Exception {
    open(1, "error");
    session.stream(1).output().write("oh".getBytes(UTF_8));
    session.stream(1).output().close();
    List<Frame> answers = answers();
    assertThat(answers).hasSize(3);
    assertThat(answers.get(0)).isEqualTo(new Reply(1, Map.of("status", "200")));
    assertThat(answers.get(1))
        .isInstanceOfSatisfying(
            Data.class,
            data -> {
              assertThat(data.content()).asString(UTF_8).isEqualTo("oh");
              assertThat(data.last()).isFalse();
            });
    assertThat(answers.get(2))
        .isInstanceOfSatisfying(
            Data.class,
            data -> {
              assertThat(data.content()).isEmpty();
              assertThat(data.last()).isTrue();
            });
  }

  @Test
  void halfCloseIsEndOfFileAfterTheData() throws Exception {
    open(1, "stdin");
    send(SpdyWire.data(1, "hello".getBytes(UTF_8), false), SpdyWire.data(1, new byte[0], true));
    assertThat(session.stream(1).input().readAllBytes()).asString(UTF_8).isEqualTo("hello");
  }

  @Test
  void anUnwantedStreamIsRefused() {
    send(wire.open(1, Map.of("colour", "blue")));
    assertThat(answers()).containsExactly(new Reset(1, REFUSED_STREAM));
  }

  @Test
  void aResetBreaksOneStreamOnly() {
    open(1, "data");
    open(3, "data");
    send(SpdyWire.reset(1), SpdyWire.data(3, new byte[] {7}, false));
    assertThatThrownBy(() -> session.stream(1).input().read())
        .isInstanceOf(IOException.class)
        .hasMessageContaining("reset");
    assertThatThrownBy(() -> session.stream(1).output().write(1)).isInstanceOf(IOException.class);
    assertThat(session.stream(3).input()).satisfies(in -> assertThat(in.read()).isEqualTo(7));
    assertThat(session.losses).isZero();
  }

  @Test
  void ourResetIsToldOnce() {
    open(1, "data");
    answers();
    session.stream(1).reset();
    session.stream(1).reset();
    assertThat(answers()).containsExactly(new Reset(1, CANCEL));
  }

  @Test
  void whatComesForAForgottenStreamIsIgnored() {
    open(1, "data");
    session.stream(1).release();
    channel.runPendingTasks();
    send(
        SpdyWire.data(1, new byte[100], false),
        SpdyWire.reset(1),
        SpdyWire.data(99, new byte[9], true));
    assertThat(channel.isOpen()).isTrue();
    assertThat(session.losses).isZero();
  }

  @Test
  void pingsOfTheClientAreEchoedAndOursAreNot() {
    send(SpdyWire.ping(1), SpdyWire.ping(2), SpdyWire.ping(3));
    assertThat(answers()).containsExactly(new Ping(1), new Ping(3));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4})
  void aStreamIdThatIsNotNextEndsTheConnection(int id) {
    open(1, "data");
    open(3, "data");
    open(id, "data");
    assertThat(channel.isOpen()).isFalse();
    assertThat(session.losses).isOne();
  }

  @Test
  void tooManyStreamsAreRefusedAndTheRestGoesOn() {
    int limit = StreamingLimits.STANDARD.streams();
    for (int stream = 0; stream <= limit; stream++) {
      open(2 * stream + 1, "data");
    }
    assertThat(session.streams).hasSize(limit);
    assertThat(answers())
        .hasSize(limit + 1)
        .last()
        .isEqualTo(new Reset(2 * limit + 1, REFUSED_STREAM));
    session.stream(1).release();
    channel.runPendingTasks();
    open(2 * limit + 3, "data");
    assertThat(session.streams).hasSize(limit + 1);
  }

  @Test
  void readingStopsWhileAConsumerIsSlowAndGoesOnAfterwards() throws Exception {
    open(1, "stdin");
    byte[] piece = new byte[32 * 1024];
    int sent = 0;
    while (channel.config().isAutoRead()) {
      send(SpdyWire.data(1, piece, false));
      sent += piece.length;
      assertThat(sent).isLessThanOrEqualTo(ReadGate.HIGH + piece.length);
    }
    assertThat(session.stream(1).input().readNBytes(sent)).hasSize(sent);
    channel.runPendingTasks();
    assertThat(channel.config().isAutoRead()).isTrue();
  }

  @Test
  void tinyFramesAreBoundedToo() {
    open(1, "stdin");
    int frames = 0;
    while (channel.config().isAutoRead()) {
      send(SpdyWire.data(1, new byte[] {1}, false));
      assertThat(++frames).isLessThan(ReadGate.HIGH / 32);
    }
  }

  @Test
  void closingTheInputLetsReadingGoOn() throws Exception {
    open(1, "stdin");
    while (channel.config().isAutoRead()) {
      send(SpdyWire.data(1, new byte[1024], false));
    }
    session.stream(1).input().close();
    channel.runPendingTasks();
    assertThat(channel.config().isAutoRead()).isTrue();
    send(SpdyWire.data(1, new byte[1 << 20], false));
    assertThat(channel.config().isAutoRead()).isTrue();
  }

  @Test
  void aHeaderBombEndsTheConnectionWithoutBeingHeld() {
    byte[] zeros = new byte[200 << 20];
    ByteBuffer.wrap(zeros).putInt(1).putInt(4).put("bomb".getBytes(UTF_8)).putInt(zeros.length);
    byte[] bomb = wire.compress(zeros);
    assertThat(bomb).hasSizeLessThan(1 << 20);
    send(wire.openWithBlock(1, bomb));
    assertThat(channel.isOpen()).isFalse();
    assertThat(session.losses).isOne();
    assertThat(session.streams).isEmpty();
  }

  @Test
  void aHeaderOfMoreThan16KibEndsTheConnection() {
    send(wire.open(1, Map.of("streamtype", "x".repeat(20_000))));
    assertThat(channel.isOpen()).isFalse();
    assertThat(session.streams).isEmpty();
  }

  @Test
  void anEmptyHeaderBlockEndsTheConnection() {
    send(wire.openWithBlock(1, new byte[0]));
    assertThat(channel.isOpen()).isFalse();
  }

  @Test
  void garbageForAHeaderBlockEndsTheConnection() {
    byte[] garbage = new byte[64];
    Arrays.fill(garbage, (byte) 0x5A);
    send(wire.openWithBlock(1, garbage));
    assertThat(channel.isOpen()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 6, 7, 8, 9})
  void aControlFrameOfImpossibleLengthIsNotWaitedFor(int type) {
    send(SpdyWire.control(type, 0, new byte[3]));
    assertThat(channel.isOpen()).isFalse();
    assertThat(session.losses).isOne();
  }

  @Test
  void aFrameOfUnknownTypeIsSkipped() {
    send(SpdyWire.control(77, 0, new byte[100]), SpdyWire.ping(1));
    assertThat(answers()).containsExactly(new Ping(1));
  }

  @Test
  void anotherVersionOfSpdyEndsTheConnection() {
    send(ByteBuffer.allocate(12).putInt(0x8002_0006).putInt(4).putInt(1).array());
    assertThat(channel.isOpen()).isFalse();
  }

  @Test
  void aClientThatProvokesAnswersAndReadsNoneIsDropped() {
    // Writes of this channel stay pending as those of a socket whose peer does not read.
    EmbeddedChannel stuck =
        new EmbeddedChannel(
            new StuckWrites(),
            SpdyCodec.create(),
            new SpdyConnection(session, StreamingLimits.STANDARD));
    for (int ping = 0; ping < 4096; ping++) {
      stuck.writeInbound(Unpooled.wrappedBuffer(SpdyWire.ping(1)));
    }
    assertThat(stuck.isOpen()).isTrue();
    stuck.writeInbound(Unpooled.wrappedBuffer(SpdyWire.ping(1)));
    assertThat(stuck.isOpen()).isFalse();
    assertThat(session.losses).isOne();
    stuck.finishAndReleaseAll();
  }

  @Test
  void losingTheConnectionBreaksEveryStream() {
    open(1, "stdin");
    send(SpdyWire.data(1, new byte[] {1}, false));
    channel.close().syncUninterruptibly();
    assertThat(session.losses).isOne();
    // What had come is still there, then the loss shows.
    assertThat(session.stream(1).input()).satisfies(in -> assertThat(in.read()).isOne());
    assertThatThrownBy(() -> session.stream(1).input().read()).hasMessageContaining("lost");
    assertThatThrownBy(() -> session.stream(1).output().write(1)).isInstanceOf(IOException.class);
  }

  @Test
  void anActionWaitingForAResetRunsAlsoWhenItCameBefore() {
    open(1, "data");
    send(SpdyWire.reset(1));
    boolean[] ran = new boolean[1];
    session.stream(1).onReset(() -> ran[0] = true);
    assertThat(ran[0]).isTrue();
  }
}
