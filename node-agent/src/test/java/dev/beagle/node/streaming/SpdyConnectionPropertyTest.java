package dev.beagle.node.streaming;

import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.node.transport.SpdyCodec;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class SpdyConnectionPropertyTest {
  private static final int STREAMS = 4;

  /** What a session and a client saw of one connection. */
  private record Seen(List<String> types, List<String> contents, String answers, boolean open) {}

  /** Some streams, data in turn on all of them, pings between, and half-closes. */
  private static byte[] conversation(long seed) {
    Random random = new Random(seed);
    SpdyWire wire = new SpdyWire();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int stream = 0; stream < STREAMS; stream++) {
      bytes.writeBytes(wire.open(2 * stream + 1, Map.of("streamtype", "type" + stream)));
    }
    for (int round = 0; round < 20; round++) {
      byte[] content = new byte[random.nextInt(3000)];
      random.nextBytes(content);
      bytes.writeBytes(SpdyWire.data(2 * random.nextInt(STREAMS) + 1, content, false));
      if (random.nextInt(4) == 0) {
        bytes.writeBytes(SpdyWire.ping(2 * round + 1));
      }
    }
    for (int stream = 0; stream < STREAMS; stream++) {
      bytes.writeBytes(SpdyWire.data(2 * stream + 1, new byte[] {1}, true));
    }
    return bytes.toByteArray();
  }

  /** Feeds the bytes in pieces, until they end or the connection does. */
  private static Seen feed(byte[] bytes, List<Integer> pieces) {
    RecordingSession session = new RecordingSession();
    EmbeddedChannel channel =
        new EmbeddedChannel(
            SpdyCodec.create(), new SpdyConnection(session, StreamingLimits.STANDARD));
    int position = 0;
    for (int piece = 0; position < bytes.length && channel.isOpen(); piece++) {
      int length = Math.min(bytes.length - position, pieces.get(piece % pieces.size()));
      channel.writeInbound(Unpooled.copiedBuffer(bytes, position, length));
      position += length;
    }
    boolean open = channel.isOpen();
    channel.close().syncUninterruptibly();
    channel.checkException();
    ByteArrayOutputStream answers = new ByteArrayOutputStream();
    for (ByteBuf out = channel.readOutbound(); out != null; out = channel.readOutbound()) {
      byte[] answer = new byte[out.readableBytes()];
      out.readBytes(answer).release();
      answers.writeBytes(answer);
    }
    List<String> contents = new ArrayList<>();
    session.streams.values().forEach(stream -> contents.add(content(stream)));
    assertThat(session.losses).isOne();
    channel.finishAndReleaseAll();
    return new Seen(session.types, contents, HexFormat.of().formatHex(answers.toByteArray()), open);
  }

  private static String content(PeerStream stream) {
    ByteArrayOutputStream content = new ByteArrayOutputStream();
    try {
      stream.input().transferTo(content);
      return "whole " + Arrays.hashCode(content.toByteArray());
    } catch (IOException broken) {
      return "broken";
    }
  }

  @Property(tries = 200)
  void fragmentationDoesNotChangeTheResult(
      @ForAll long seed,
      @ForAll @Size(min = 1, max = 20) List<@IntRange(min = 1, max = 900) Integer> pieces) {
    byte[] bytes = conversation(seed);
    Seen whole = feed(bytes, List.of(bytes.length));
    assertThat(whole.open()).isTrue();
    assertThat(whole.types()).containsExactly("type0", "type1", "type2", "type3");
    assertThat(whole.contents()).allMatch(content -> content.startsWith("whole"));
    assertThat(feed(bytes, pieces)).isEqualTo(whole);
  }

  @Property(tries = 500)
  void flippedBitsEndTheConnectionAtMost(
      @ForAll long seed,
      @ForAll @Size(min = 1, max = 8) List<@IntRange(max = 1 << 20) Integer> flips,
      @ForAll @IntRange(min = 1, max = 2000) int piece) {
    byte[] bytes = conversation(seed);
    for (int flip : flips) {
      int bit = flip % (bytes.length * 8);
      bytes[bit / 8] ^= (byte) (1 << bit % 8);
    }
    // No exception escapes (checked in feed), and the session hears of the end exactly once.
    assertThat(feed(bytes, List.of(piece)).types()).hasSizeLessThanOrEqualTo(STREAMS + 20);
  }

  @Property(tries = 500)
  void noiseEndsTheConnectionAtMost(@ForAll @Size(min = 1, max = 400) byte[] noise) {
    assertThat(feed(noise, List.of(7)).types()).isEmpty();
  }
}
