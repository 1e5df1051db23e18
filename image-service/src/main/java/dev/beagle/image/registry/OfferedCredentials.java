package dev.beagle.image.registry;

import java.net.URI;
import java.util.Locale;
import java.util.Optional;

/**
 * Decides who may see a caller's credentials: the image's own registry, or where they name a server
 * that server, and neither in the clear. A mirror is asked as by a stranger.
 *
 * @param registry as the image's name says it
 */
record OfferedCredentials(Optional<Credentials> credentials, String registry) {
  /** The credentials that the endpoint may ask for. */
  Optional<Credentials> to(Endpoint endpoint) {
    return credentials.filter(given -> isFor(given, endpoint) && isPrivate(endpoint.base()));
  }

  /** Why an endpoint that refused was not shown the credentials, for its message; else empty. */
  String withheldFrom(Endpoint endpoint) {
    if (credentials.isEmpty() || to(endpoint).isPresent()) {
      return "";
    }
    return isFor(credentials.get(), endpoint)
        ? "; the credentials were not shown to it because it is reached without TLS:"
            + " give its https address in hosts.toml"
        : "; the credentials were not shown to it because they are not for it";
  }

  /** Whether nobody else can read what is sent there. */
  static boolean isPrivate(URI uri) {
    return Origin.isTls(uri) || RegistryHosts.isLoopback(String.valueOf(uri.getHost()));
  }

  private boolean isFor(Credentials given, Endpoint endpoint) {
    String server = hostOf(given.server());
    boolean ofRegistry = server.isEmpty() || server.equals(hostOf(registry));
    return (ofRegistry && endpoint.own()) || server.equals(hostOf(endpoint.host()));
  }

  /** Docker Hub is known by several names; a URL is reduced to host and port. */
  private static String hostOf(String address) {
    int scheme = address.indexOf("://");
    String rest = scheme < 0 ? address : address.substring(scheme + 3);
    int slash = rest.indexOf('/');
    String host = (slash < 0 ? rest : rest.substring(0, slash)).toLowerCase(Locale.ROOT);
    return switch (host) {
      case "index.docker.io", "registry-1.docker.io" -> "docker.io";
      default -> host;
    };
  }
}
