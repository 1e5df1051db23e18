package dev.beagle.image.registry;

import dev.beagle.failure.Failure;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;

/** Who a caller is to a registry, for one pull only; never kept and never shown. */
public sealed interface Credentials {
  /** A user with a password. */
  record UserPassword(String user, String password) implements Credentials {
    @Override
    public String toString() {
      return "UserPassword[" + user + "]";
    }
  }

  /** A refresh token that a registry's token server gave out (OAuth2). */
  record IdentityToken(String token) implements Credentials {
    @Override
    public String toString() {
      return "IdentityToken[hidden]";
    }
  }

  /**
   * Chooses among the fields of CRI's AuthConfig as containerd does: user and password before
   * identity token before {@code auth}. Texts that are not set are empty.
   *
   * @param auth base64 of {@code user:password}
   * @param serverAddress a host or URL that the credentials are for, empty for any
   * @param registry the host that will be asked
   * @return empty for an anonymous caller, also where the credentials are another host's
   * @throws Failure INVALID_ARGUMENT where {@code auth} is no such base64
   */
  static Optional<Credentials> choose(
      String user,
      String password,
      String auth,
      String identityToken,
      String serverAddress,
      String registry) {
    if (!serverAddress.isEmpty() && !hostOf(serverAddress).equals(hostOf(registry))) {
      return Optional.empty();
    }
    if (!user.isEmpty() || !password.isEmpty()) {
      return Optional.of(new UserPassword(user, password));
    }
    if (!identityToken.isEmpty()) {
      return Optional.of(new IdentityToken(identityToken));
    }
    return auth.isEmpty() ? Optional.empty() : Optional.of(decode(auth));
  }

  private static Credentials decode(String auth) {
    String text;
    try {
      text = new String(Base64.getDecoder().decode(auth.strip()), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException notBase64) {
      throw Failure.invalidArgument("the registry credentials' \"auth\" is no base64");
    }
    int colon = text.indexOf(':');
    if (colon < 0) {
      throw Failure.invalidArgument(
          "the registry credentials' \"auth\" is no base64 of user:password");
    }
    return new UserPassword(text.substring(0, colon), trimNuls(text.substring(colon + 1)));
  }

  private static String trimNuls(String password) {
    int start = 0;
    int end = password.length();
    while (start < end && password.charAt(start) == 0) {
      start++;
    }
    while (end > start && password.charAt(end - 1) == 0) {
      end--;
    }
    return password.substring(start, end);
  }

  /** Docker Hub is known by several names; a URL is reduced to host and port. */
  private static String hostOf(String address) {
    int scheme = address.indexOf("://");
    String rest = scheme < 0 ? address : address.substring(scheme + 3);
    int slash = rest.indexOf('/');
    String host = slash < 0 ? rest : rest.substring(0, slash);
    return switch (host) {
      case "index.docker.io", "registry-1.docker.io" -> "docker.io";
      default -> host;
    };
  }
}
