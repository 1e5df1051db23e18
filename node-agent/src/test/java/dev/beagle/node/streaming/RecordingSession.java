package dev.beagle.node.streaming;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Takes every stream that has a {@code streamtype}, and keeps what it was told. */
final class RecordingSession implements StreamSession {
  final Map<Integer, PeerStream> streams = new LinkedHashMap<>();
  final List<String> types = new ArrayList<>();
  private @Nullable PeerConnection connection;
  int losses;

  @Override
  public void start(PeerConnection started, Timers timers) {
    connection = started;
  }

  @Override
  public boolean accept(PeerStream stream, Function<String, @Nullable String> headers) {
    String type = headers.apply("streamtype");
    if (type == null) {
      return false;
    }
    streams.put(stream.id(), stream);
    types.add(type);
    return true;
  }

  @Override
  public void lost() {
    losses++;
  }

  PeerStream stream(int id) {
    return Objects.requireNonNull(streams.get(id));
  }

  PeerConnection connection() {
    return Objects.requireNonNull(connection);
  }
}
