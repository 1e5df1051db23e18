package dev.beagle.node.client;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.node.transport.ReadGate;
import dev.beagle.node.transport.SpdyCodec;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.spdy.DefaultSpdyDataFrame;
import io.netty.handler.codec.spdy.DefaultSpdyPingFrame;
import io.netty.handler.codec.spdy.DefaultSpdyRstStreamFrame;
import io.netty.handler.codec.spdy.DefaultSpdySynReplyFrame;
import io.netty.handler.codec.spdy.SpdyDataFrame;
import io.netty.handler.codec.spdy.SpdyPingFrame;
import io.netty.handler.codec.spdy.SpdyStreamStatus;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The client's pipeline from its request to the end of its streams. */
final class SpdyUpgradeTest {
  private final Map<Integer, SpdyStream> streams = new HashMap<>();
  private final SpdyUpgrade upgrade =
      new SpdyUpgrade(
          URI.create("http://127.0.0.1:1/exec/abc?x=1"), SpdyConnection.REMOTE_COMMAND, streams);
  private final EmbeddedChannel channel = new EmbeddedChannel(new HttpClientCodec(), upgrade);
  private final EmbeddedChannel server = new EmbeddedChannel(SpdyCodec.create());
  private final SpdyStream stream = new SpdyStream(1, channel, new ReadGate(channel));

  @AfterEach
  void nothingEscapesOrLeaks() {
    channel.checkException();
    channel.finishAndReleaseAll();
    server.finishAndReleaseAll();
  }

  private static byte[] sent(EmbeddedChannel by) {
    by.runPendingTasks();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (ByteBuf out = by.readOutbound(); out != null; out = by.readOutbound()) {
      byte[] piece = new byte[out.readableBytes()];
      out.readBytes(piece).release();
      bytes.writeBytes(piece);
    }
    return bytes.toByteArray();
  }

  private void answer(String head) {
    channel.writeInbound(Unpooled.copiedBuffer(head + "\r\n\r\n", US_ASCII));
  }

  private void upgraded() {
    sent(channel);
    answer("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1");
    streams.put(1, stream);
  }

  private void fromServer(Object frame) {
    server.writeOutbound(frame);
    channel.writeInbound(Unpooled.wrappedBuffer(sent(server)));
  }

  private static DefaultSpdyDataFrame data(byte[] bytes) {
    return new DefaultSpdyDataFrame(1, Unpooled.wrappedBuffer(bytes));
  }

  @Test
  void theUrlAndTheProtocolAreAskedFor() {
    assertThat(new String(sent(channel), US_ASCII))
        .startsWith("POST /exec/abc?x=1 HTTP/1.1\r\n")
        .containsIgnoringCase("host: 127.0.0.1:1\r\n")
        .containsIgnoringCase("upgrade: SPDY/3.1\r\n")
        .containsIgnoringCase("x-stream-protocol-version: v4.channel.k8s.io\r\n");
    assertThat(upgrade.done()).isNotDone();
  }

  @Test
  void aServerThatDoesNotUpgradeIsNamedWithItsAnswer() {
    answer("HTTP/1.1 404 Not Found\r\nContent-Length: 0");

    assertThat(upgrade.done()).isCompletedExceptionally();
    assertThatThrownBy(() -> upgrade.done().join()).hasMessageContaining("404 Not Found");
    assertThat(channel.isOpen()).isFalse();
  }

  @Test
  void aStreamIsTakenReadAndEnded() throws IOException {
    upgraded();
    assertThat(upgrade.done()).isCompleted();
    DefaultSpdySynReplyFrame reply = new DefaultSpdySynReplyFrame(1);
    reply.headers().add("status", "200");

    fromServer(reply);
    assertThat(stream.accepted()).isCompleted();
    fromServer(data("hello ".getBytes(US_ASCII)));
    fromServer(data("world".getBytes(US_ASCII)).setLast(true));

    assertThat(stream.input().readAllBytes()).isEqualTo("hello world".getBytes(US_ASCII));
  }

  @Test
  void whatIsWrittenGoesOutAndAnEndIsSentOnce() throws IOException {
    upgraded();

    stream.output().write("in".getBytes(US_ASCII));
    stream.output().close();
    stream.output().close();

    server.writeInbound(Unpooled.wrappedBuffer(sent(channel)));
    SpdyDataFrame bytes = server.readInbound();
    SpdyDataFrame end = server.readInbound();
    assertThat(bytes.content().toString(US_ASCII)).isEqualTo("in");
    assertThat(bytes.isLast()).isFalse();
    assertThat(end.content().isReadable()).isFalse();
    assertThat(end.isLast()).isTrue();
    assertThat(server.<Object>readInbound()).isNull();
    bytes.release();
    end.release();
  }

  @Test
  void aReaderThatIsBehindStopsTheReadingOfTheConnection() throws IOException {
    upgraded();
    int[] reads = new int[1];
    channel
        .pipeline()
        .addFirst(
            new ChannelOutboundHandlerAdapter() {
              @Override
              public void read(ChannelHandlerContext here) {
                reads[0]++;
                here.read();
              }
            });
    fromServer(data(new byte[ReadGate.HIGH]));
    reads[0] = 0;

    fromServer(data(new byte[1]));
    assertThat(reads[0]).isZero();

    stream.input().readNBytes(ReadGate.HIGH + 1);
    channel.runPendingTasks();
    assertThat(reads[0]).isPositive();
  }

  @Test
  void whatNobodyWantsHoldsUpNothing() throws IOException {
    upgraded();
    stream.input().close();

    fromServer(data(new byte[2 * ReadGate.HIGH]));

    assertThat(channel.config().isAutoRead()).isTrue();
  }

  @Test
  void aResetAndALostConnectionAreErrorsNotEnds() {
    upgraded();
    fromServer(new DefaultSpdyRstStreamFrame(1, SpdyStreamStatus.REFUSED_STREAM));
    assertThat(stream.accepted()).isCompletedExceptionally();
    assertThatThrownBy(() -> stream.input().read()).hasMessageContaining("REFUSED_STREAM");

    SpdyStream other = new SpdyStream(3, channel, new ReadGate(channel));
    streams.put(3, other);
    channel.close().syncUninterruptibly();
    assertThatThrownBy(() -> other.input().read()).hasMessageContaining("connection closed");
    assertThatThrownBy(() -> other.output().write(1)).isInstanceOf(IOException.class);
  }

  @Test
  void theServersPingsAreAnswered() {
    upgraded();
    fromServer(new DefaultSpdyPingFrame(2));
    fromServer(new DefaultSpdyPingFrame(1));

    server.writeInbound(Unpooled.wrappedBuffer(sent(channel)));
    assertThat(server.<SpdyPingFrame>readInbound().id()).isEqualTo(2);
    assertThat(server.<Object>readInbound()).isNull();
  }
}
