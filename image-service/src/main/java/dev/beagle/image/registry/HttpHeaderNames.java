package dev.beagle.image.registry;

import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/** Which headers a configuration may add to requests (RFC 9110, section 5). */
final class HttpHeaderNames {
  private static final Pattern TOKEN = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}");
  private static final Pattern VALUE = Pattern.compile("[\\x20-\\x7e\\t\\x80-\\xff]{0,8192}");

  private static final Pattern BEARER = Pattern.compile("[\\x21-\\x7e]{1,131072}+");

  /** Those the JDK's client sets itself and refuses from others. */
  private static final Set<String> OWN =
      Set.of("connection", "content-length", "expect", "host", "upgrade");

  private HttpHeaderNames() {}

  static boolean mayBeSet(String name) {
    return TOKEN.matcher(name).matches() && !OWN.contains(name.toLowerCase(Locale.ROOT));
  }

  static boolean isValue(String value) {
    return VALUE.matcher(value).matches();
  }

  /** Whether a token can stand in an Authorization header (RFC 6750, section 2.1, and wider). */
  static boolean isHeaderToken(String token) {
    return BEARER.matcher(token).matches();
  }
}
