package dev.beagle.node.streaming;

import io.netty.channel.ChannelHandlerContext;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The open streams of a connection and the session that they belong to; both end when the
 * connection does. Event loop only, but for {@link PeerConnection} and {@link #forget}.
 */
@SuppressWarnings("FutureReturnValueIgnored") // a failure ends in channelInactive
final class OpenStreams implements PeerConnection {
  private static final Logger LOG = LoggerFactory.getLogger(OpenStreams.class);

  private final ChannelHandlerContext context;
  private final StreamSession session;
  private final Map<Integer, ConnectionStream> streams = new HashMap<>();
  private boolean ended;

  OpenStreams(ChannelHandlerContext context, StreamSession session) {
    this.context = context;
    this.session = session;
  }

  void start() {
    session.start(
        this,
        (delay, action) ->
            context.executor().schedule(action, delay.toMillis(), TimeUnit.MILLISECONDS));
  }

  /** Whether the session wants the stream; else it is forgotten. */
  boolean offer(ConnectionStream stream, Function<String, @Nullable String> headers) {
    streams.put(stream.id(), stream);
    if (session.accept(stream, headers)) {
      return true;
    }
    streams.remove(stream.id());
    return false;
  }

  @Nullable ConnectionStream find(int id) {
    return streams.get(id);
  }

  int count() {
    return streams.size();
  }

  /** The client reset it. */
  void broke(int id) {
    ConnectionStream stream = streams.remove(id);
    if (stream != null) {
      stream.broke("stream reset by the client");
    }
  }

  /** Any thread; the action follows on the event loop if the stream was still open. */
  void forget(ConnectionStream stream, Runnable action) {
    onLoop(
        () -> {
          if (streams.remove(stream.id(), stream)) {
            action.run();
          }
        });
  }

  boolean ended() {
    return ended;
  }

  /** Breaks every stream and tells the session, once. */
  void end(String reason) {
    if (!ended) {
      ended = true;
      List.copyOf(streams.values()).forEach(stream -> stream.broke(reason));
      streams.clear();
      session.lost();
    }
  }

  @Override
  public void finish() {
    onLoop(() -> context.close());
  }

  @Override
  public void abort(String reason) {
    onLoop(
        () -> {
          if (!ended) {
            LOG.atDebug().addKeyValue("reason", reason).log("streaming connection ended");
            end(reason);
          }
          context.close();
        });
  }

  private void onLoop(Runnable action) {
    if (context.executor().inEventLoop()) {
      action.run();
    } else if (!context.executor().isShuttingDown()) {
      context.executor().execute(action);
    }
  }
}
