package dev.beagle.node.streaming;

import dev.beagle.node.transport.ReadGate;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import java.io.IOException;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Streams as the numbered channels of a WebSocket, all there from the start. Sits behind a frame
 * aggregator and {@link WebSocketControl}; event loop only, unless said otherwise.
 */
@SuppressWarnings("FutureReturnValueIgnored") // a failure ends in channelInactive
final class WebSocketConnection extends SimpleChannelInboundHandler<WebSocketFrame>
    implements ConnectionStream.Carrier {
  private static final int HALF_CLOSE = 255;

  private final StreamSession session;
  private final WebSocketProtocol protocol;
  private final List<WebSocketChannel> channels;
  private final StreamingLimits limits;
  private @Nullable ChannelHandlerContext context;
  private @Nullable OpenStreams streams;

  WebSocketConnection(
      StreamSession session,
      WebSocketProtocol protocol,
      List<WebSocketChannel> channels,
      StreamingLimits limits) {
    this.session = session;
    this.protocol = protocol;
    this.channels = channels;
    this.limits = limits;
  }

  private OpenStreams streams() {
    return Objects.requireNonNull(streams);
  }

  @Override
  public void handlerAdded(ChannelHandlerContext added) {
    context = added;
    streams = new OpenStreams(added, session);
    ReadGate gate = new ReadGate(added.channel());
    // Unasked, so that the client sees us alive although we do not read its pings.
    gate.whileShut(limits.stallPing(), () -> added.writeAndFlush(new PongWebSocketFrame()));
    streams.start();
    for (WebSocketChannel channel : channels) {
      channel
          .greeting()
          .ifPresent(greeting ->
              added.writeAndFlush(
                  frame(channel.number(), Unpooled.wrappedBuffer(greeting.duplicate()))));
    }
    for (WebSocketChannel channel : channels) {
      streams.offer(
          new ConnectionStream(channel.number(), this, gate), name -> channel.headers().get(name));
    }
  }

  @Override
  protected void channelRead0(ChannelHandlerContext here, WebSocketFrame frame) {
    ByteBuf message = frame.content();
    if (streams().ended() || !message.isReadable()) {
      return;
    }
    int number = message.readUnsignedByte();
    if (protocol.halfClose() && number == HALF_CLOSE) {
      halfClosed(message);
      return;
    }
    ConnectionStream stream = streams().find(protocol.base64() ? number - '0' : number);
    if (stream != null) {
      stream.received(protocol.base64() ? decoded(message) : message, false);
    }
  }

  private static ByteBuf decoded(ByteBuf message) {
    // Its exception for what is not base64 ends the connection.
    return Unpooled.wrappedBuffer(Base64.getDecoder().decode(ByteBufUtil.getBytes(message)));
  }

  private void halfClosed(ByteBuf message) {
    ConnectionStream stream =
        message.readableBytes() == 1 ? streams().find(message.readUnsignedByte()) : null;
    if (stream != null) {
      stream.received(Unpooled.EMPTY_BUFFER, true);
    }
  }

  private WebSocketFrame frame(int number, ByteBuf bytes) {
    if (protocol.base64()) {
      String text = Base64.getEncoder().encodeToString(ByteBufUtil.getBytes(bytes));
      return new TextWebSocketFrame((char) ('0' + number) + text);
    }
    return new BinaryWebSocketFrame(
        Unpooled.wrappedBuffer(Unpooled.wrappedBuffer(new byte[] {(byte) number}), bytes));
  }

  @Override
  public ChannelFuture send(ConnectionStream stream, byte[] bytes, boolean last) {
    ChannelHandlerContext here = Objects.requireNonNull(context);
    if (stream.broken()) {
      return here.newFailedFuture(new IOException("connection lost"));
    }
    // There is no end of a single channel towards the client.
    return last
        ? here.newSucceededFuture()
        : here.writeAndFlush(frame(stream.id(), Unpooled.wrappedBuffer(bytes)));
  }

  @Override
  public void release(ConnectionStream stream) {
    streams().forget(stream, () -> {});
  }

  @Override
  public void reset(ConnectionStream stream) {
    release(stream);
  }

  @Override
  public void channelInactive(ChannelHandlerContext here) {
    streams().end("connection lost");
    here.fireChannelInactive();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext here, Throwable cause) {
    streams().abort(String.valueOf(cause.getMessage()));
  }
}
