package dev.beagle.guestimage.signature;

import dev.beagle.failure.Failure;
import java.util.List;

/**
 * Who is believed, by the whole fingerprint of a primary key.
 *
 * @param fingerprint 40 upper-case hexadecimal digits
 * @param name for people
 */
public record TrustedKey(String fingerprint, String name) {
  /**
   * The keys that sign Debian 13, as published by the project and in its package
   * debian-archive-keyring. A new one comes with a new version of this program.
   */
  public static final List<TrustedKey> DEBIAN =
      List.of(
          new TrustedKey(
              "41587F7DB8C774BCCF131416762F67A0B2C39DE4", "Debian Stable Release Key (13/trixie)"),
          new TrustedKey(
              "04B54C3CDCA79751B16BC6B5225629DF75B188BD",
              "Debian Archive Automatic Signing Key (13/trixie)"),
          new TrustedKey(
              "B8B80B5B623EAB6AD8775C45B7C5D7D6350947F8",
              "Debian Archive Automatic Signing Key (12/bookworm)"));

  public TrustedKey {
    if (!fingerprint.matches("[0-9A-F]{40}")) {
      throw Failure.invalidArgument(
          "fingerprint %s does not have 40 upper-case hexadecimal digits".formatted(fingerprint));
    }
  }
}
