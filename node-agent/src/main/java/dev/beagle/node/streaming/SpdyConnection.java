package dev.beagle.node.streaming;

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
import io.netty.handler.codec.spdy.SpdyFrameCodec;
import io.netty.handler.codec.spdy.SpdyHeadersFrame;
import io.netty.handler.codec.spdy.SpdyPingFrame;
import io.netty.handler.codec.spdy.SpdyRstStreamFrame;
import io.netty.handler.codec.spdy.SpdyStreamStatus;
import io.netty.handler.codec.spdy.SpdySynReplyFrame;
import io.netty.handler.codec.spdy.SpdySynStreamFrame;
import io.netty.handler.codec.spdy.SpdyVersion;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The server's side of SPDY/3.1 as Go peers speak it: the client opens streams, we answer each with
 * a SYN_REPLY before its first data; half-close by FIN, reset by RST_STREAM. There is no flow
 * control: Go peers neither send nor heed WINDOW_UPDATE, which is why Netty's SpdySessionHandler
 * cannot stand here; {@link ReadGate} and {@link FrameOutput} bound both directions. Sits behind a
 * {@link #codec}. All state belongs to the event loop.
 */
@SuppressWarnings(
    "FutureReturnValueIgnored") // Netty: a failed write or close ends in channelInactive.
final class SpdyConnection extends SimpleChannelInboundHandler<SpdyFrame>
    implements PeerConnection {
  private static final Logger LOG = LoggerFactory.getLogger(SpdyConnection.class);

  /** Larger frames come in pieces. */
  private static final int MAX_CHUNK_BYTES = 32 * 1024;

  private static final int MAX_HEADER_BYTES = 16 * 1024;

  /** Answers that a client may leave unread before we hang up. */
  private static final int MAX_UNREAD_ANSWERS = 4096;

  private final StreamSession session;
  private final StreamingLimits limits;
  private final Map<Integer, SpdyStream> streams = new HashMap<>();
  private @Nullable ChannelHandlerContext context;
  private @Nullable ReadGate gate;
  private int lastStreamId;
  private int unreadAnswers;
  private int nextPing = 2;
  private boolean lost;

  SpdyConnection(StreamSession session, StreamingLimits limits) {
    this.session = session;
    this.limits = limits;
  }

  static SpdyFrameCodec codec() {
    return new SpdyFrameCodec(
        SpdyVersion.SPDY_3_1, MAX_CHUNK_BYTES, MAX_HEADER_BYTES, 6, 15, 8, true);
  }

  @Override
  public void handlerAdded(ChannelHandlerContext added) {
    context = added;
    gate = new ReadGate(added.channel());
    session.start(
        this,
        (delay, action) ->
            added.executor().schedule(action, delay.toMillis(), TimeUnit.MILLISECONDS));
    probeLater(added);
  }

  @Override
  protected void channelRead0(ChannelHandlerContext here, SpdyFrame frame) {
    if (lost) {
      return;
    }
    if (frame instanceof SpdyHeadersFrame headers
        && (headers.isInvalid() || headers.isTruncated())) {
      abort("malformed or oversized header block");
      return;
    }
    switch (frame) {
      case SpdySynStreamFrame opening -> opened(opening);
      case SpdyDataFrame data -> {
        SpdyStream stream = streams.get(data.streamId());
        if (stream != null) {
          stream.received(data.content(), data.isLast());
        }
      }
      case SpdyRstStreamFrame reset -> {
        SpdyStream stream = streams.remove(reset.streamId());
        if (stream != null) {
          stream.broke("stream reset by the client");
        }
      }
      case SpdyPingFrame ping -> {
        // Even ids are answers to ours.
        if ((ping.id() & 1) != 0) {
          answer(new DefaultSpdyPingFrame(ping.id()));
        }
      }
      // HEADERS, SETTINGS, WINDOW_UPDATE and GOAWAY say nothing that we need.
      default -> {}
    }
  }

  private void opened(SpdySynStreamFrame opening) {
    int id = opening.streamId();
    if ((id & 1) == 0 || id <= lastStreamId) {
      abort("stream " + id + " opened after stream " + lastStreamId);
      return;
    }
    lastStreamId = id;
    if (streams.size() >= limits.streams()) {
      answer(new DefaultSpdyRstStreamFrame(id, SpdyStreamStatus.REFUSED_STREAM));
      return;
    }
    SpdyStream stream = new SpdyStream(id, this, Objects.requireNonNull(gate));
    if (opening.isLast()) {
      stream.received(Unpooled.EMPTY_BUFFER, true);
    }
    streams.put(id, stream);
    if (!session.accept(stream, name -> opening.headers().getAsString(name))) {
      streams.remove(id);
      answer(new DefaultSpdyRstStreamFrame(id, SpdyStreamStatus.REFUSED_STREAM));
      return;
    }
    // What the session's threads write meanwhile queues up behind this on the event loop.
    SpdySynReplyFrame reply = new DefaultSpdySynReplyFrame(id);
    // Netty encodes no headers as no bytes, which Go takes for a broken connection.
    reply.headers().add("status", "200");
    answer(reply);
  }

  /** A control frame; what a client that never reads can pile up is bounded. */
  private void answer(SpdyFrame frame) {
    if (++unreadAnswers > MAX_UNREAD_ANSWERS) {
      abort("more than " + MAX_UNREAD_ANSWERS + " answers unread");
      return;
    }
    Objects.requireNonNull(context).writeAndFlush(frame).addListener(sent -> unreadAnswers--);
  }

  /** Any thread. */
  ChannelFuture sendData(SpdyStream stream, byte[] bytes, boolean last) {
    ChannelHandlerContext here = Objects.requireNonNull(context);
    if (stream.broken()) {
      return here.newFailedFuture(new IOException("stream reset by the client"));
    }
    var frame = new DefaultSpdyDataFrame(stream.id(), Unpooled.wrappedBuffer(bytes));
    frame.setLast(last);
    return here.writeAndFlush(frame);
  }

  /** Any thread. */
  void release(SpdyStream stream) {
    onLoop(() -> streams.remove(stream.id(), stream));
  }

  /** Any thread. */
  void reset(SpdyStream stream) {
    onLoop(() -> {
      if (streams.remove(stream.id(), stream) && !lost) {
        answer(new DefaultSpdyRstStreamFrame(stream.id(), SpdyStreamStatus.CANCEL));
      }
    });
  }

  @Override
  public void finish() {
    onLoop(() -> Objects.requireNonNull(context).close());
  }

  @Override
  public void abort(String reason) {
    onLoop(() -> {
      if (!lost) {
        LOG.atDebug().addKeyValue("reason", reason).log("streaming connection ended");
        endSession(reason);
      }
      Objects.requireNonNull(context).close();
    });
  }

  private void onLoop(Runnable action) {
    var executor = Objects.requireNonNull(context).executor();
    if (executor.inEventLoop()) {
      action.run();
    } else if (!executor.isShuttingDown()) {
      executor.execute(action);
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext here) {
    endSession("connection lost");
    here.fireChannelInactive();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext here, Throwable cause) {
    abort(String.valueOf(cause.getMessage()));
  }

  private void endSession(String reason) {
    if (!lost) {
      lost = true;
      List.copyOf(streams.values()).forEach(stream -> stream.broke(reason));
      streams.clear();
      session.lost();
    }
  }

  /** While we do not read we would not see the client go: only a failing write shows it. */
  private void probeLater(ChannelHandlerContext here) {
    here.executor()
        .schedule(
            () -> {
              if (!lost && here.channel().isActive()) {
                if (Objects.requireNonNull(gate).shut()) {
                  answer(new DefaultSpdyPingFrame(nextPing));
                  nextPing += 2;
                }
                probeLater(here);
              }
            },
            limits.stallPing().toMillis(),
            TimeUnit.MILLISECONDS);
  }
}
