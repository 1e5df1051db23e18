package dev.beagle.node.streaming;

import dev.beagle.node.transport.FrameOutput;
import dev.beagle.node.transport.ReadGate;
import dev.beagle.node.transport.SpdyCodec;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.spdy.DefaultSpdyDataFrame;
import io.netty.handler.codec.spdy.DefaultSpdyPingFrame;
import io.netty.handler.codec.spdy.DefaultSpdyRstStreamFrame;
import io.netty.handler.codec.spdy.DefaultSpdySynReplyFrame;
import io.netty.handler.codec.spdy.SpdyDataFrame;
import io.netty.handler.codec.spdy.SpdyFrame;
import io.netty.handler.codec.spdy.SpdyHeadersFrame;
import io.netty.handler.codec.spdy.SpdyPingFrame;
import io.netty.handler.codec.spdy.SpdyRstStreamFrame;
import io.netty.handler.codec.spdy.SpdyStreamStatus;
import io.netty.handler.codec.spdy.SpdySynReplyFrame;
import io.netty.handler.codec.spdy.SpdySynStreamFrame;
import java.io.IOException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The server's side of SPDY/3.1 as Go peers speak it: the client opens streams, we answer each with
 * a SYN_REPLY before its first data; half-close by FIN, reset by RST_STREAM. There is no flow
 * control: Go peers neither send nor heed WINDOW_UPDATE, which is why Netty's SpdySessionHandler
 * cannot stand here; {@link ReadGate} and {@link FrameOutput} bound both directions. Sits behind a
 * {@link SpdyCodec}. All state belongs to the event loop.
 */
@SuppressWarnings("FutureReturnValueIgnored") // a failure ends in channelInactive
final class SpdyConnection extends SimpleChannelInboundHandler<SpdyFrame>
    implements ConnectionStream.Carrier {
  private final StreamSession session;
  private final StreamingLimits limits;
  private @Nullable Started started;
  private int lastStreamId;
  private int nextPing = 2;

  SpdyConnection(StreamSession session, StreamingLimits limits) {
    this.session = session;
    this.limits = limits;
  }

  /** What there is once the connection is. */
  private record Started(
      ChannelHandlerContext context, OpenStreams streams, ReadGate gate, Answers answers) {}

  private Started started() {
    return Objects.requireNonNull(started);
  }

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    OpenStreams streams = new OpenStreams(context, session);
    ReadGate gate = new ReadGate(context.channel());
    started = new Started(context, streams, gate, new Answers(context, streams));
    streams.start();
    gate.whileShut(limits.stallPing(), this::probe);
  }

  private void probe() {
    started().answers().send(new DefaultSpdyPingFrame(nextPing));
    nextPing += 2;
  }

  @Override
  protected void channelRead0(ChannelHandlerContext here, SpdyFrame frame) {
    OpenStreams streams = started().streams();
    if (streams.ended()) {
      return;
    }
    if (frame instanceof SpdyHeadersFrame headers
        && (headers.isInvalid() || headers.isTruncated())) {
      streams.abort("malformed or oversized header block");
      return;
    }
    switch (frame) {
      case SpdySynStreamFrame opening -> opened(opening);
      case SpdyDataFrame data -> {
        ConnectionStream stream = streams.find(data.streamId());
        if (stream != null) {
          stream.received(data.content(), data.isLast());
        }
      }
      case SpdyRstStreamFrame reset -> streams.broke(reset.streamId());
      case SpdyPingFrame ping -> {
        // Even ids are answers to ours.
        if ((ping.id() & 1) != 0) {
          started().answers().send(new DefaultSpdyPingFrame(ping.id()));
        }
      }
      // HEADERS, SETTINGS, WINDOW_UPDATE and GOAWAY say nothing that we need.
      default -> {}
    }
  }

  private void opened(SpdySynStreamFrame opening) {
    OpenStreams streams = started().streams();
    int id = opening.streamId();
    if ((id & 1) == 0 || id <= lastStreamId) {
      streams.abort("stream " + id + " opened after stream " + lastStreamId);
      return;
    }
    lastStreamId = id;
    ConnectionStream stream = new ConnectionStream(id, this, started().gate());
    if (opening.isLast()) {
      stream.received(Unpooled.EMPTY_BUFFER, true);
    }
    if (streams.count() >= limits.streams()
        || !streams.offer(stream, name -> opening.headers().getAsString(name))) {
      started().answers().send(new DefaultSpdyRstStreamFrame(id, SpdyStreamStatus.REFUSED_STREAM));
      return;
    }
    // What the session's threads write meanwhile queues up behind this on the event loop.
    SpdySynReplyFrame reply = new DefaultSpdySynReplyFrame(id);
    // Netty encodes no headers as no bytes, which Go takes for a broken connection.
    reply.headers().add("status", "200");
    started().answers().send(reply);
  }

  @Override
  public ChannelFuture send(ConnectionStream stream, byte[] bytes, boolean last) {
    ChannelHandlerContext here = started().context();
    if (stream.broken()) {
      return here.newFailedFuture(new IOException("stream reset by the client"));
    }
    var frame = new DefaultSpdyDataFrame(stream.id(), Unpooled.wrappedBuffer(bytes));
    frame.setLast(last);
    return here.writeAndFlush(frame);
  }

  @Override
  public void release(ConnectionStream stream) {
    started().streams().forget(stream, () -> {});
  }

  @Override
  public void reset(ConnectionStream stream) {
    started()
        .streams()
        .forget(
            stream,
            () ->
                started()
                    .answers()
                    .send(new DefaultSpdyRstStreamFrame(stream.id(), SpdyStreamStatus.CANCEL)));
  }

  @Override
  public void channelInactive(ChannelHandlerContext here) {
    started().streams().end("connection lost");
    here.fireChannelInactive();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext here, Throwable cause) {
    started().streams().abort(String.valueOf(cause.getMessage()));
  }
}
