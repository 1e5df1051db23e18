package dev.beagle.image.registry;

import dev.beagle.failure.Failure;
import dev.beagle.image.registry.Credentials.UserPassword;
import dev.beagle.time.Time;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Makes registry calls for one caller: shows credentials when asked by who may see them, follows
 * redirects without showing them to other hosts, tries again what may succeed a little later, and
 * turns the rest into a {@link Failure}. Thread-safe; the layers of one pull share its tokens.
 */
final class RegistryCaller {
  private static final int MAX_REDIRECTS = 10;
  private static final Duration MAX_PAUSE = Duration.ofSeconds(10);

  private final HttpExchange http;
  private final RegistrySettings settings;
  private final OfferedCredentials credentials;
  private final Time time;
  private final TokenExchange tokens;

  /** Values of the Authorization header by origin and scope. */
  private final Map<AccessKey, String> authorizations = new ConcurrentHashMap<>();

  RegistryCaller(
      HttpExchange http, RegistrySettings settings, OfferedCredentials credentials, Time time) {
    this.http = http;
    this.settings = settings;
    this.credentials = credentials;
    this.time = time;
    this.tokens = new TokenExchange(http, credentials);
  }

  /**
   * Makes the call, if need be several times.
   *
   * @throws Failure NOT_FOUND, UNAUTHENTICATED, DENIED or UNSUPPORTED as the registry refuses;
   *     UNAVAILABLE where it cannot be reached or keeps failing; CORRUPTED for a wrong answer;
   *     CANCELLED where the thread was interrupted
   */
  <T> T call(Endpoint endpoint, RegistryCall<T> call) {
    for (int attempt = 1; ; attempt++) {
      boolean last = attempt >= settings.attempts();
      Duration pause = settings.backoff().multipliedBy(1L << Math.min(attempt - 1, 16));
      try {
        RegistryResponse response = sendAuthorized(endpoint, call);
        if (response.status() == 200 || response.status() == 206) {
          return call.read(response);
        }
        if (last || !RegistryErrors.isTransient(response.status())) {
          throw RegistryErrors.refused(
              response, call.subject(), credentials.withheldFrom(endpoint));
        }
        pause = retryAfter(response).orElse(pause);
        response.close();
      } catch (InterruptedIOException interrupted) {
        // A timeout of ours is an HttpTimeoutException, which is no InterruptedIOException.
        throw Failure.cancelled(call.subject() + ": cancelled");
      } catch (IOException error) {
        if (last || RegistryErrors.isLasting(error)) {
          throw RegistryErrors.unreachable(
              endpoint.host(), settings.proxies().forUri(endpoint.base()), call.subject(), error);
        }
      }
      pause(pause, call.subject());
    }
  }

  /** Waits before another attempt. */
  void pause(Duration pause, String subject) {
    try {
      time.sleep(pause.compareTo(MAX_PAUSE) > 0 ? MAX_PAUSE : pause);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw Failure.cancelled(subject + ": cancelled");
    }
  }

  private static Optional<Duration> retryAfter(RegistryResponse response) {
    String value = response.header("retry-after");
    return value.matches("[0-9]{1,6}")
        ? Optional.of(Duration.ofSeconds(Integer.parseInt(value)))
        : Optional.empty();
  }

  private RegistryResponse sendAuthorized(Endpoint endpoint, RegistryCall<?> call)
      throws IOException {
    AccessKey key = new AccessKey(Origin.of(endpoint.base()), call.scope());
    String known = authorizations.getOrDefault(key, "");
    RegistryResponse response = follow(endpoint, call, known);
    if (response.status() != 401 || !isOwn(endpoint, response.uri())) {
      return response;
    }
    List<Challenge> challenges = Challenge.parse(response.headers("www-authenticate"));
    if (challenges.isEmpty()) {
      return response;
    }
    Optional<String> renewed = authorize(endpoint, call, challenges, key, known);
    if (renewed.isEmpty()) {
      return response;
    }
    response.close();
    return follow(endpoint, call, renewed.get());
  }

  /** An answer to the challenges; empty where we have none. One at a time, so that layers share. */
  private synchronized Optional<String> authorize(
      Endpoint endpoint,
      RegistryCall<?> call,
      List<Challenge> challenges,
      AccessKey key,
      String refused)
      throws IOException {
    String current = authorizations.getOrDefault(key, "");
    if (!current.equals(refused)) {
      return Optional.of(current);
    }
    for (Challenge challenge : challenges) {
      if (challenge.scheme().equals("bearer")) {
        String token = tokens.fetch(endpoint, challenge, call.scope(), call.subject());
        return remember(key, "Bearer " + token);
      }
      if (challenge.scheme().equals("basic")
          && credentials.to(endpoint).orElse(null)
              instanceof UserPassword(String user, String password, _)) {
        String basic = TokenExchange.basic(user, password);
        return basic.equals(refused) ? Optional.empty() : remember(key, basic);
      }
    }
    return Optional.empty();
  }

  private Optional<String> remember(AccessKey key, String authorization) {
    authorizations.put(key, authorization);
    return Optional.of(authorization);
  }

  private RegistryResponse follow(Endpoint endpoint, RegistryCall<?> call, String authorization)
      throws IOException {
    URI uri = endpoint.resolve(call.path());
    for (int hops = 0; hops <= MAX_REDIRECTS; hops++) {
      RegistryResponse response =
          http.send(endpoint.tls(), request(endpoint, call, uri, authorization));
      if (!isRedirect(response.status())) {
        return response;
      }
      response.close();
      uri = target(uri, response, call);
    }
    throw Failure.unavailable(
        "%s: %s redirects more than %d times"
            .formatted(call.subject(), endpoint.host(), MAX_REDIRECTS));
  }

  private HttpRequest.Builder request(
      Endpoint endpoint, RegistryCall<?> call, URI uri, String authorization) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(uri).method(call.method(), HttpRequest.BodyPublishers.noBody());
    call.headers().forEach(request::header);
    if (isOwn(endpoint, uri)) {
      endpoint
          .headers()
          .forEach((name, values) -> values.forEach(value -> request.header(name, value)));
      if (!authorization.isEmpty()) {
        request.setHeader("Authorization", authorization);
      }
    }
    return request;
  }

  private static boolean isOwn(Endpoint endpoint, URI uri) {
    return Origin.of(uri).equals(Origin.of(endpoint.base()));
  }

  private static boolean isRedirect(int status) {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
  }

  private static URI target(URI from, RegistryResponse response, RegistryCall<?> call) {
    URI target;
    try {
      target = from.resolve(response.header("location"));
    } catch (IllegalArgumentException invalid) {
      throw unusable(from, call);
    }
    boolean http = "http".equalsIgnoreCase(target.getScheme());
    if (target.getHost() == null || !(http || Origin.isTls(target))) {
      throw unusable(from, call);
    }
    if (http && Origin.isTls(from)) {
      throw Failure.denied(
          "%s: %s redirects to a place without TLS".formatted(call.subject(), from.getAuthority()));
    }
    return target;
  }

  private static Failure unusable(URI from, RegistryCall<?> call) {
    return Failure.unavailable(
        "%s: %s redirects to nowhere".formatted(call.subject(), from.getAuthority()));
  }

  private record AccessKey(Origin origin, String scope) {}
}
