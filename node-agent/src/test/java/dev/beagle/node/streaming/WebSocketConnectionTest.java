package dev.beagle.node.streaming;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.ContinuationWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrameAggregator;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class WebSocketConnectionTest {
  private static final StreamOptions OPTIONS = new StreamOptions(false, true, true, true);

  private final RecordingSession session = new RecordingSession();
  private final List<EmbeddedChannel> channels = new ArrayList<>();

  @AfterEach
  void nothingEscapesOrLeaks() {
    for (EmbeddedChannel channel : channels) {
      channel.checkException();
      channel.finishAndReleaseAll();
    }
  }

  private EmbeddedChannel connect(WebSocketProtocol protocol, List<WebSocketChannel> numbered) {
    EmbeddedChannel channel =
        new EmbeddedChannel(
            new WebSocketControl(),
            new WebSocketFrameAggregator(1 << 16),
            new WebSocketConnection(session, protocol, numbered, StreamingLimits.STANDARD));
    channels.add(channel);
    return channel;
  }

  private EmbeddedChannel command(WebSocketProtocol protocol) {
    EmbeddedChannel channel = connect(protocol, WebSocketChannel.ofCommand(OPTIONS));
    sent(channel);
    return channel;
  }

  private static WebSocketFrame binary(int... bytes) {
    var content = Unpooled.buffer();
    for (int value : bytes) {
      content.writeByte(value);
    }
    return new BinaryWebSocketFrame(content);
  }

  /** What was written: type and bytes. */
  private static List<String> sent(EmbeddedChannel channel) {
    List<String> frames = new ArrayList<>();
    for (WebSocketFrame frame = channel.readOutbound();
        frame != null;
        frame = channel.readOutbound()) {
      String kind = frame.getClass().getSimpleName().replace("WebSocketFrame", "");
      String content =
          frame instanceof TextWebSocketFrame text
              ? text.text()
              : ByteBufUtil.hexDump(frame.content());
      frames.add(kind + " " + content);
      frame.release();
    }
    return frames;
  }

  @Test
  void theFirstOutputIsGreeted() {
    EmbeddedChannel channel = connect(WebSocketProtocol.V4, WebSocketChannel.ofCommand(OPTIONS));
    assertThat(sent(channel)).containsExactly("Binary 01");
    assertThat(session.types).containsExactly("stdin", "stdout", "stderr", "error", "resize");
  }

  @Test
  void theFirstByteIsTheChannel() throws Exception {
    EmbeddedChannel channel = command(WebSocketProtocol.V5);
    channel.writeInbound(binary(0, 'h', 'i'), binary(9, 'x'), binary(0, '!'), binary());
    session.stream(3).output().write("ok".getBytes(UTF_8));
    assertThat(session.stream(0).input().readNBytes(3)).asString(UTF_8).isEqualTo("hi!");
    assertThat(sent(channel)).containsExactly("Binary 036f6b");
  }

  @Test
  void aFragmentedMessageHasOneChannelByte() throws Exception {
    EmbeddedChannel channel = command(WebSocketProtocol.V4);
    channel.writeInbound(
        new BinaryWebSocketFrame(false, 0, Unpooled.wrappedBuffer(new byte[] {0, 'a'})),
        new ContinuationWebSocketFrame(true, 0, Unpooled.wrappedBuffer(new byte[] {'b'})));
    assertThat(session.stream(0).input().readNBytes(2)).asString(UTF_8).isEqualTo("ab");
  }

  @Test
  void versionFiveClosesHalfAChannel() throws Exception {
    EmbeddedChannel channel = command(WebSocketProtocol.V5);
    channel.writeInbound(binary(0, 'x'), binary(255, 0), binary(255, 77), binary(255));
    assertThat(session.stream(0).input().readAllBytes()).asString(UTF_8).isEqualTo("x");
    assertThat(channel.isOpen()).isTrue();
  }

  @Test
  void base64IsTextBothWays() throws Exception {
    EmbeddedChannel channel = command(WebSocketProtocol.V4_BASE64);
    channel.writeInbound(new TextWebSocketFrame("0aGVsbG8="));
    session.stream(1).output().write("foo\n".getBytes(UTF_8));
    assertThat(session.stream(0).input().readNBytes(5)).asString(UTF_8).isEqualTo("hello");
    assertThat(sent(channel)).containsExactly("Text 1Zm9vCg==");
  }

  @Test
  void whatIsNotBase64EndsTheConnection() {
    EmbeddedChannel channel = command(WebSocketProtocol.V4_BASE64);
    channel.writeInbound(new TextWebSocketFrame("0***"));
    assertThat(channel.isOpen()).isFalse();
    assertThat(session.losses).isOne();
  }

  @Test
  void eachPortHasTwoChannelsThatSayIt() {
    EmbeddedChannel channel =
        connect(WebSocketProtocol.V4, WebSocketChannel.ofPorts(List.of(80, 12001)));
    assertThat(sent(channel))
        .containsExactly("Binary 005000", "Binary 015000", "Binary 02e12e", "Binary 03e12e");
    assertThat(session.types).containsExactly("data", "error", "data", "error");
  }

  @Test
  void pingsAreAnsweredAndPongsTaken() {
    EmbeddedChannel channel = command(WebSocketProtocol.V5);
    channel.writeInbound(
        new PingWebSocketFrame(Unpooled.wrappedBuffer(new byte[] {42})), new PongWebSocketFrame());
    assertThat(sent(channel)).containsExactly("Pong 2a");
  }

  @Test
  void theEndIsANormalClosure() {
    EmbeddedChannel channel = command(WebSocketProtocol.V5);
    session.connection().finish();
    channel.runPendingTasks();
    assertThat(sent(channel)).containsExactly("Close 03e8427965");
    assertThat(channel.isOpen()).isFalse();
    assertThat(session.losses).isOne();
  }

  @Test
  void theClientsCloseEndsTheSession() {
    EmbeddedChannel channel = command(WebSocketProtocol.V5);
    channel.writeInbound(new CloseWebSocketFrame(1000, "done"));
    assertThat(sent(channel)).containsExactly("Close 03e8427965");
    assertThat(channel.isOpen()).isFalse();
    assertThat(session.losses).isOne();
  }

  @Test
  void anOversizedMessageEndsTheConnection() {
    EmbeddedChannel channel = command(WebSocketProtocol.V5);
    channel.writeInbound(
        new BinaryWebSocketFrame(false, 0, Unpooled.wrappedBuffer(new byte[1 << 16])),
        new ContinuationWebSocketFrame(true, 0, Unpooled.wrappedBuffer(new byte[10])));
    assertThat(channel.isOpen()).isFalse();
  }
}
