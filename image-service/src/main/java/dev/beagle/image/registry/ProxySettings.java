package dev.beagle.image.registry;

import dev.beagle.failure.Failure;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;

/**
 * The proxies that registries are reached through, by the rules that containerd and Docker have
 * from Go: {@code HTTPS_PROXY} for https URLs, {@code HTTP_PROXY} for http URLs, neither for what
 * {@code NO_PROXY} names nor for this machine itself. Immutable.
 */
public final class ProxySettings {
  /** Everything is reached directly. */
  public static final ProxySettings NONE =
      new ProxySettings(Optional.empty(), Optional.empty(), NoProxy.parse(""));

  private static final int DEFAULT_PORT = 80;

  private final Optional<ProxyServer> http;
  private final Optional<ProxyServer> https;
  private final NoProxy exceptions;

  private ProxySettings(
      Optional<ProxyServer> http, Optional<ProxyServer> https, NoProxy exceptions) {
    this.http = http;
    this.https = https;
    this.exceptions = exceptions;
  }

  /**
   * Of the environment's variables; each may be empty.
   *
   * @param http {@code http://[USER:PASSWORD@]HOST[:PORT]}, the scheme may be left out
   * @param https as {@code http}
   * @param exceptions comma-separated: {@code *}, hosts with their subdomains, {@code .suffixes},
   *     addresses, CIDR networks; all but networks with a port, if wanted
   * @throws Failure INVALID_ARGUMENT naming the variable that cannot be used, without its content:
   *     a password may be in it
   */
  public static ProxySettings of(String http, String https, String exceptions) {
    return new ProxySettings(
        server("HTTP_PROXY", http), server("HTTPS_PROXY", https), NoProxy.parse(exceptions));
  }

  private static Optional<ProxyServer> server(String variable, String text) {
    String url = text.strip();
    if (url.isEmpty()) {
      return Optional.empty();
    }
    URI uri;
    try {
      uri = new URI(url.contains("://") ? url : "http://" + url);
    } catch (URISyntaxException invalid) {
      throw wrong(variable, "is no URL");
    }
    if (!"http".equalsIgnoreCase(uri.getScheme())) {
      throw wrong(variable, "names a proxy of a kind that is not supported, only http:// is");
    }
    if (uri.getHost() == null) {
      throw wrong(variable, "names no host");
    }
    int port = uri.getPort() < 0 ? DEFAULT_PORT : uri.getPort();
    return Optional.of(
        new ProxyServer(
            InetSocketAddress.createUnresolved(bare(uri.getHost()), port), authorization(uri)));
  }

  private static String authorization(URI uri) {
    String pair = uri.getRawUserInfo();
    if (pair == null) {
      return "";
    }
    int colon = pair.indexOf(':');
    String user = colon < 0 ? pair : pair.substring(0, colon);
    String password = colon < 0 ? "" : pair.substring(colon + 1);
    return TokenExchange.basic(decoded(user), decoded(password));
  }

  private static String decoded(String part) {
    return URLDecoder.decode(part.replace("+", "%2B"), StandardCharsets.UTF_8);
  }

  private static Failure wrong(String variable, String reason) {
    return Failure.invalidArgument(
        "environment variable %s %s: set it to http://HOST:PORT or unset it"
            .formatted(variable, reason));
  }

  /** The proxy for a URL. */
  Optional<ProxyServer> forUri(URI uri) {
    Optional<ProxyServer> proxy = Origin.isTls(uri) ? https : http;
    String host = bare(String.valueOf(uri.getHost())).toLowerCase(Locale.ROOT);
    return proxy.filter(_ -> !exceptions.covers(host, Origin.of(uri).port()));
  }

  private static String bare(String host) {
    return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ProxySettings that
        && http.equals(that.http)
        && https.equals(that.https)
        && exceptions.equals(that.exceptions);
  }

  @Override
  public int hashCode() {
    return http.hashCode() * 31 + https.hashCode();
  }

  /** Without credentials. */
  @Override
  public String toString() {
    return "proxies " + http + ", " + https;
  }

  /**
   * A proxy.
   *
   * @param address not resolved: the proxy's name may change its address
   * @param authorization value of Proxy-Authorization, empty for none
   */
  record ProxyServer(InetSocketAddress address, String authorization) {
    /** For messages: never with the credentials. */
    @Override
    public String toString() {
      return address.getHostString() + ":" + address.getPort();
    }
  }
}
