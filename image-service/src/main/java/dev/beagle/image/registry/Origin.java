package dev.beagle.image.registry;

import java.net.URI;
import java.util.Locale;

/** Who would see a secret that is sent to a URL (RFC 6454). */
record Origin(String scheme, String host, int port) {
  static Origin of(URI uri) {
    String scheme = String.valueOf(uri.getScheme()).toLowerCase(Locale.ROOT);
    int port = uri.getPort() >= 0 ? uri.getPort() : scheme.equals("https") ? 443 : 80;
    return new Origin(scheme, String.valueOf(uri.getHost()).toLowerCase(Locale.ROOT), port);
  }

  static boolean isTls(URI uri) {
    return "https".equalsIgnoreCase(uri.getScheme());
  }
}
