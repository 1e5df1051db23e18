package dev.beagle.node.client;

import dev.beagle.node.transport.FrameOutput;
import dev.beagle.node.transport.InboundBytes;
import dev.beagle.node.transport.ReadGate;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.handler.codec.spdy.DefaultSpdyDataFrame;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.concurrent.CompletableFuture;

/**
 * One stream of a {@link SpdyConnection}, as blocking Java streams. One reader and one writer; the
 * event loop feeds it. Who does not want what the server sends closes {@link #input}: bytes that
 * nobody reads hold up all streams of the connection.
 */
public final class SpdyStream {
  private final int id;
  private final Channel channel;
  private final CompletableFuture<Void> accepted = new CompletableFuture<>();
  private final InboundBytes input;
  private final FrameOutput output;

  SpdyStream(int id, Channel channel, ReadGate gate) {
    this.id = id;
    this.channel = channel;
    this.input = new InboundBytes(gate);
    this.output = new FrameOutput(this::send);
  }

  private ChannelFuture send(byte[] bytes, boolean last) {
    DefaultSpdyDataFrame frame = new DefaultSpdyDataFrame(id, Unpooled.wrappedBuffer(bytes));
    frame.setLast(last);
    return channel.writeAndFlush(frame);
  }

  /** Completes when the server takes the stream, or with the reason why not. */
  CompletableFuture<Void> accepted() {
    return accepted;
  }

  /** From the server; event loop only. */
  void received(ByteBuf content, boolean last) {
    input.offer(content);
    if (last) {
      input.finish();
    }
  }

  /** The server reset it or is lost. */
  void broke(IOException reason) {
    input.fail(String.valueOf(reason.getMessage()));
    accepted.completeExceptionally(reason);
  }

  /** What the server sends; the end of file is its half-close. */
  public InputStream input() {
    return input;
  }

  /** What we send; closing it is our half-close. */
  public OutputStream output() {
    return output;
  }
}
