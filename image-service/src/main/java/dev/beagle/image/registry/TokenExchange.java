package dev.beagle.image.registry;

import dev.beagle.failure.Failure;
import dev.beagle.image.registry.Credentials.IdentityToken;
import dev.beagle.image.registry.Credentials.UserPassword;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Gets bearer tokens from a registry's token server (distribution's token and oauth2
 * specifications): by GET, and by POST for an identity token and where a server knows no GET.
 */
final class TokenExchange {
  private static final int MAX_ANSWER = 1 << 20;
  private static final String CLIENT = "beagle";

  private final HttpExchange http;
  private final OfferedCredentials credentials;

  TokenExchange(HttpExchange http, OfferedCredentials credentials) {
    this.http = http;
    this.credentials = credentials;
  }

  /**
   * @throws Failure UNAUTHENTICATED where the server refuses; UNAVAILABLE where it cannot be had
   */
  String fetch(Endpoint endpoint, Challenge challenge, String ownScope, String subject)
      throws IOException {
    Optional<Credentials> shown = credentials.to(endpoint);
    URI realm = realm(endpoint, challenge, shown.isPresent(), subject);
    Map<String, String> parameters = new LinkedHashMap<>();
    if (!challenge.parameter("service").isEmpty()) {
      parameters.put("service", challenge.parameter("service"));
    }
    String scope = challenge.parameter("scope");
    parameters.put("scope", scope.isEmpty() ? ownScope : scope);
    RegistryResponse answer =
        switch (shown.orElse(null)) {
          case IdentityToken identity ->
              post(endpoint, realm, parameters, "refresh_token", "refresh_token", identity.token());
          case UserPassword(String user, String password, _) -> {
            RegistryResponse first = get(endpoint, realm, parameters, basic(user, password));
            if (first.status() != 404 && first.status() != 405) {
              yield first;
            }
            first.close();
            parameters.put("username", user);
            yield post(endpoint, realm, parameters, "password", "password", password);
          }
          case null -> get(endpoint, realm, parameters, "");
        };
    return token(answer, subject, credentials.withheldFrom(endpoint));
  }

  /** Of the answer {@code token}, or by its OAuth2 name {@code access_token}. */
  private static String token(RegistryResponse answer, String subject, String withheld)
      throws IOException {
    if (answer.status() != 200) {
      throw RegistryErrors.refused(answer, "token for " + subject, withheld);
    }
    try (answer) {
      byte[] json = answer.readAll(MAX_ANSWER, "token for " + subject);
      String token =
          RegistryJson.text(json, "token")
              .or(() -> RegistryJson.text(json, "access_token"))
              .orElseThrow(() -> unusable(answer, subject));
      if (!HttpHeaderNames.isHeaderToken(token)) {
        throw unusable(answer, subject);
      }
      return token;
    }
  }

  private static Failure unusable(RegistryResponse answer, String subject) {
    return Failure.unauthenticated(
        "token for %s: %s answered without a usable token"
            .formatted(subject, answer.uri().getAuthority()));
  }

  static String basic(String user, String password) {
    byte[] pair = (user + ":" + password).getBytes(StandardCharsets.UTF_8);
    return "Basic " + Base64.getEncoder().encodeToString(pair);
  }

  /** Neither credentials nor the tokens of a registry reached by TLS go in the clear. */
  private static URI realm(
      Endpoint endpoint, Challenge challenge, boolean credentials, String subject) {
    String text = challenge.parameter("realm");
    URI realm;
    try {
      realm = URI.create(text);
    } catch (IllegalArgumentException invalid) {
      realm = URI.create("");
    }
    boolean https = "https".equals(realm.getScheme());
    boolean allowed = https || ("http".equals(realm.getScheme()) && !Origin.isTls(endpoint.base()));
    if (realm.getHost() == null || !allowed) {
      throw Failure.unauthenticated(
          "%s: %s names a token server that cannot be used: \"%s\""
              .formatted(
                  subject, endpoint.host(), text.length() > 200 ? text.substring(0, 200) : text));
    }
    if (credentials && !OfferedCredentials.isPrivate(realm)) {
      throw Failure.unauthenticated(
          "%s: %s names a token server without TLS, %s, which is not shown the credentials"
              .formatted(subject, endpoint.host(), realm.getAuthority()));
    }
    return realm;
  }

  private RegistryResponse get(
      Endpoint endpoint, URI realm, Map<String, String> parameters, String authorization)
      throws IOException {
    String separator = realm.getRawQuery() == null ? "?" : "&";
    URI uri = URI.create(realm + separator + form(parameters));
    HttpRequest.Builder request = HttpRequest.newBuilder(uri).GET();
    if (!authorization.isEmpty()) {
      request.header("Authorization", authorization);
    }
    return http.send(endpoint.tls(), request);
  }

  private RegistryResponse post(
      Endpoint endpoint,
      URI realm,
      Map<String, String> parameters,
      String grant,
      String secretName,
      String secret)
      throws IOException {
    Map<String, String> all = new LinkedHashMap<>(parameters);
    all.put("grant_type", grant);
    all.put("client_id", CLIENT);
    all.put(secretName, secret);
    HttpRequest.Builder request =
        HttpRequest.newBuilder(realm)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .POST(HttpRequest.BodyPublishers.ofString(form(all)));
    return http.send(endpoint.tls(), request);
  }

  private static String form(Map<String, String> parameters) {
    return parameters.entrySet().stream()
        .map(entry -> encode(entry.getKey()) + "=" + encode(entry.getValue()))
        .collect(Collectors.joining("&"));
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}
