package dev.beagle.node.streaming;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Port forwarding: the client opens two streams for each of its connections, an error stream and
 * then a data stream, which belong together by {@code requestID}, or with old clients by their ids;
 * any number at once. A pair is a {@link PortPair} from then on.
 */
final class PortForwardSession implements StreamSession {
  static final String PROTOCOL = "portforward.k8s.io";

  private static final int MAX_REQUEST_ID = 128;

  /** For connections whose pairs are all there from the start: they end with the last of them. */
  private final boolean endsWithPairs;

  private final PortDialer dialer;
  private final StreamingLimits limits;
  private final ExecutorService threads;

  /** Streams without their other half; event loop only. */
  private final Map<String, Half> halves = new HashMap<>();

  private final Set<PortPair> pairs = ConcurrentHashMap.newKeySet();
  private @Nullable PeerConnection connection;
  private @Nullable Timers timers;

  PortForwardSession(boolean endsWithPairs, PortDialer dialer, StreamingLimits limits, ExecutorService threads) {
    this.endsWithPairs = endsWithPairs;
    this.dialer = dialer;
    this.limits = limits;
    this.threads = threads;
  }

  @Override
  public void start(PeerConnection given, Timers givenTimers) {
    connection = given;
    timers = givenTimers;
  }

  @Override
  public boolean accept(PeerStream stream, Function<String, @Nullable String> headers) {
    boolean error = "error".equals(headers.apply("streamtype"));
    int port = port(headers.apply("port"));
    String key = key(stream, error, headers.apply("requestid"));
    if ((!error && !"data".equals(headers.apply("streamtype"))) || port == 0 || key == null) {
      return false;
    }
    Half other = halves.get(key);
    if (other == null) {
      Half half = new Half(stream, error, port);
      halves.put(key, half);
      expire(key, half);
      return true;
    }
    if (other.error() == error || other.port() != port) {
      return false;
    }
    halves.remove(key);
    begin(error ? stream : other.stream(), error ? other.stream() : stream, port);
    return true;
  }

  private void begin(PeerStream error, PeerStream data, int port) {
    PortPair pair = new PortPair(error, data, port, dialer, threads);
    pairs.add(pair);
    pair.start(() -> ended(pair));
  }

  private void ended(PortPair pair) {
    pairs.remove(pair);
    if (endsWithPairs && pairs.isEmpty() && connection != null) {
      connection.finish();
    }
  }

  private void expire(String key, Half half) {
    if (timers != null) {
      timers.after(
          limits.handshake(),
          () -> {
            if (halves.remove(key, half)) {
              half.stream().reset();
            }
          });
    }
  }

  private static int port(@Nullable String header) {
    if (header == null || !header.matches("[0-9]{1,5}")) {
      return 0;
    }
    int port = Integer.parseInt(header);
    return port <= 0xFFFF ? port : 0;
  }

  private static @Nullable String key(PeerStream stream, boolean error, @Nullable String id) {
    if (id == null) {
      return "stream " + (error ? stream.id() : stream.id() - 2);
    }
    return id.length() > MAX_REQUEST_ID ? null : "request " + id;
  }

  @Override
  public void lost() {
    halves.clear();
    pairs.forEach(PortPair::cancel);
  }

  private record Half(PeerStream stream, boolean error, int port) {}
}
