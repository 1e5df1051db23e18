package dev.beagle.node.client;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.spdy.DefaultSpdyPingFrame;
import io.netty.handler.codec.spdy.SpdyDataFrame;
import io.netty.handler.codec.spdy.SpdyFrame;
import io.netty.handler.codec.spdy.SpdyPingFrame;
import io.netty.handler.codec.spdy.SpdyRstStreamFrame;
import io.netty.handler.codec.spdy.SpdySynReplyFrame;
import java.io.IOException;
import java.util.Map;

/** Hands what the server sends to the streams. Belongs to the channel's event loop. */
// A write that fails closes the channel, and that ends everything that waits.
@SuppressWarnings("FutureReturnValueIgnored")
final class SpdyFrames extends SimpleChannelInboundHandler<SpdyFrame> {
  private final Map<Integer, SpdyStream> streams;

  SpdyFrames(Map<Integer, SpdyStream> streams) {
    this.streams = streams;
  }

  @Override
  protected void channelRead0(ChannelHandlerContext context, SpdyFrame frame) {
    switch (frame) {
      case SpdyPingFrame ping -> {
        if (ping.id() % 2 == 0) { // the server's; odd ones would be answers to ours
          context.writeAndFlush(new DefaultSpdyPingFrame(ping.id()));
        }
      }
      case SpdySynReplyFrame reply -> {
        SpdyStream stream = streams.get(reply.streamId());
        if (stream != null) {
          stream.accepted().complete(null);
          if (reply.isLast()) {
            stream.received(Unpooled.EMPTY_BUFFER, true);
          }
        }
      }
      case SpdyDataFrame data -> {
        SpdyStream stream = streams.get(data.streamId());
        if (stream != null) {
          stream.received(data.content(), data.isLast());
        }
      }
      case SpdyRstStreamFrame reset -> {
        SpdyStream stream = streams.get(reset.streamId());
        if (stream != null) {
          stream.broke(new IOException("stream reset by the server: " + reset.status()));
        }
      }
      default -> {
        // settings, window updates, go-away: nothing for this dialect to do
      }
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    streams.values().forEach(stream -> stream.broke(new IOException("connection closed")));
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    streams.values().forEach(stream -> stream.broke(new IOException(cause.getMessage(), cause)));
    context.close();
  }
}
