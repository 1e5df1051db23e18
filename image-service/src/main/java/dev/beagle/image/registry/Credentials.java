package dev.beagle.image.registry;

import dev.beagle.failure.Failure;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;

/** Who a caller is to a registry, for one pull only; never kept and never shown. */
public sealed interface Credentials {
  /** A host or URL that they are for; empty for the registry of the image. */
  String server();

  /** A user with a password. */
  record UserPassword(String user, String password, String server) implements Credentials {
    public UserPassword(String user, String password) {
      this(user, password, "");
    }

    @Override
    public String toString() {
      return "UserPassword[" + user + "]";
    }
  }

  /** A refresh token that a registry's token server gave out (OAuth2). */
  record IdentityToken(String token, String server) implements Credentials {
    public IdentityToken(String token) {
      this(token, "");
    }

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
   * @param serverAddress as {@link #server}
   * @return empty for an anonymous caller
   * @throws Failure INVALID_ARGUMENT where {@code auth} is no such base64
   */
  static Optional<Credentials> choose(
      String user, String password, String auth, String identityToken, String serverAddress) {
    if (!user.isEmpty() || !password.isEmpty()) {
      return Optional.of(new UserPassword(user, password, serverAddress));
    }
    if (!identityToken.isEmpty()) {
      return Optional.of(new IdentityToken(identityToken, serverAddress));
    }
    return auth.isEmpty() ? Optional.empty() : Optional.of(decode(auth, serverAddress));
  }

  private static Credentials decode(String auth, String serverAddress) {
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
    return new UserPassword(
        text.substring(0, colon), trimNuls(text.substring(colon + 1)), serverAddress);
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
}
