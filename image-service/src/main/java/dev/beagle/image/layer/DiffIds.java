package dev.beagle.image.layer;

import dev.beagle.failure.Failure;
import java.util.HexFormat;
import java.util.UUID;
import java.util.regex.Pattern;

/** Diff ids: {@code sha256:} and 64 lower-case hexadecimal digits, the only algorithm in use. */
final class DiffIds {
  static final String ALGORITHM = "sha256:";
  private static final Pattern VALID = Pattern.compile("sha256:[0-9a-f]{64}");

  private DiffIds() {}

  /** The digits of a valid diff id; INVALID_ARGUMENT for anything else. */
  static String hex(String diffId) {
    if (!VALID.matcher(diffId).matches()) {
      String shown = diffId.length() > 100 ? diffId.substring(0, 100) + "..." : diffId;
      throw Failure.invalidArgument(
          "\"" + shown + "\" is not a diff id: sha256: and 64 hexadecimal digits are");
    }
    return diffId.substring(ALGORITHM.length());
  }

  /** A UUID of version 8 (RFC 9562) from the first 16 bytes of the digest. */
  static UUID uuid(String diffId) {
    byte[] digest = HexFormat.of().parseHex(hex(diffId));
    long high = 0;
    long low = 0;
    for (int i = 0; i < 8; i++) {
      high = (high << 8) | (digest[i] & 0xff);
      low = (low << 8) | (digest[i + 8] & 0xff);
    }
    return new UUID((high & ~0xf000L) | 0x8000L, (low & ~(3L << 62)) | (1L << 63));
  }
}
