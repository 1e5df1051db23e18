package dev.beagle.node.streaming;

import dev.beagle.failure.Failure;
import dev.beagle.time.Deadline;
import dev.beagle.time.Time;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Requests that wait for their client, by a one-time token of 128 random bits. Expired ones go when
 * another comes or is looked for. Thread-safe.
 */
final class WaitingRequests {
  private static final int TOKEN_BYTES = 16;

  private final Time time;
  private final StreamingLimits limits;
  private final SecureRandom random = new SecureRandom();

  /** Oldest first, so expired ones are in front. */
  private final Map<String, Waiting> waiting = new LinkedHashMap<>();

  WaitingRequests(Time time, StreamingLimits limits) {
    this.time = time;
    this.limits = limits;
  }

  /**
   * @return the token
   * @throws Failure EXHAUSTED when too many wait
   */
  synchronized String add(StreamingRequest request) {
    dropExpired();
    if (waiting.size() >= limits.waitingTokens()) {
      throw Failure.exhausted(
          limits.waitingTokens()
              + " streaming requests wait for their clients; try again in "
              + limits.tokenLifetime().toSeconds()
              + " s");
    }
    byte[] bytes = new byte[TOKEN_BYTES];
    random.nextBytes(bytes);
    String token = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    waiting.put(token, new Waiting(request, Deadline.after(time, limits.tokenLifetime())));
    return token;
  }

  /** What waits under the path and token, which stays. */
  synchronized Optional<StreamingRequest> find(String path, String token) {
    dropExpired();
    return Optional.ofNullable(waiting.get(token))
        .map(Waiting::request)
        .filter(request -> request.path().equals(path));
  }

  /** Uses the token up; false when somebody else did, or it expired. */
  synchronized boolean take(String token) {
    dropExpired();
    return waiting.remove(token) != null;
  }

  private void dropExpired() {
    var oldest = waiting.values().iterator();
    while (oldest.hasNext() && oldest.next().expiry().passed()) {
      oldest.remove();
    }
  }

  private record Waiting(StreamingRequest request, Deadline expiry) {}
}
