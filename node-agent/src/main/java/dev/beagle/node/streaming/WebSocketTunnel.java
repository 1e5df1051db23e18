package dev.beagle.node.streaming;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.MessageToMessageCodec;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import java.util.List;

/**
 * A byte stream in the payloads of a WebSocket's binary messages, whose boundaries mean nothing:
 * SPDY in it is the protocol {@code SPDY/3.1+portforward.k8s.io}.
 */
final class WebSocketTunnel extends MessageToMessageCodec<WebSocketFrame, ByteBuf> {
  WebSocketTunnel() {
    super(WebSocketFrame.class, ByteBuf.class);
  }

  @Override
  protected void encode(ChannelHandlerContext here, ByteBuf bytes, List<Object> frames) {
    frames.add(new BinaryWebSocketFrame(bytes.retain()));
  }

  @Override
  @SuppressWarnings("FutureReturnValueIgnored") // a failure ends in channelInactive
  protected void decode(ChannelHandlerContext here, WebSocketFrame frame, List<Object> bytes) {
    if (frame instanceof TextWebSocketFrame) {
      here.close();
    } else {
      bytes.add(frame.content().retain());
    }
  }
}
