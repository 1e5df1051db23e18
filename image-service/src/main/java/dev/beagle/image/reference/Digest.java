package dev.beagle.image.reference;

import dev.beagle.failure.Failure;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A content digest (OCI image-spec, descriptor.md, "Digests"), for instance {@code sha256:9700...}.
 *
 * @param algorithm how it was computed
 * @param hex lower-case, as long as the algorithm makes it
 */
public record Digest(Algorithm algorithm, String hex) implements Comparable<Digest> {
  private static final Pattern LOWER_HEX = Pattern.compile("[0-9a-f]*+");

  public Digest {
    if (hex.length() != algorithm.hexLength || !LOWER_HEX.matcher(hex).matches()) {
      throw Failure.invalidArgument(
          "digest \"%s:%s\" is not %d lower-case hexadecimal digits after %s"
              .formatted(algorithm.prefix, shorten(hex), algorithm.hexLength, algorithm.prefix));
    }
  }

  /**
   * Reads {@code sha256:HEX} or {@code sha512:HEX}.
   *
   * @throws Failure INVALID_ARGUMENT for anything else
   */
  public static Digest parse(String text) {
    int colon = text.indexOf(':');
    String prefix = colon < 0 ? "" : text.substring(0, colon);
    for (Algorithm algorithm : Algorithm.values()) {
      if (algorithm.prefix.equals(prefix)) {
        return new Digest(algorithm, text.substring(colon + 1));
      }
    }
    throw Failure.invalidArgument(
        "digest \"" + shorten(text) + "\" is neither sha256:HEX nor sha512:HEX");
  }

  /** The digest in the text, or empty where the text is none. */
  public static Optional<Digest> find(String text) {
    for (Algorithm algorithm : Algorithm.values()) {
      int start = algorithm.prefix.length() + 1;
      if (text.length() == start + algorithm.hexLength
          && text.startsWith(algorithm.prefix + ":")
          && LOWER_HEX.matcher(text.substring(start)).matches()) {
        return Optional.of(new Digest(algorithm, text.substring(start)));
      }
    }
    return Optional.empty();
  }

  /** The SHA-256 of the bytes. */
  public static Digest of(byte[] content) {
    return ofHash(Algorithm.SHA256, Algorithm.SHA256.newHash().digest(content));
  }

  /** The digest whose raw hash this is. */
  public static Digest ofHash(Algorithm algorithm, byte[] hash) {
    return new Digest(algorithm, HexFormat.of().formatHex(hash));
  }

  /** The first twelve digits, for people. */
  public String abbreviated() {
    return hex.substring(0, 12);
  }

  @Override
  public int compareTo(Digest other) {
    return toString().compareTo(other.toString());
  }

  @Override
  public String toString() {
    return algorithm.prefix + ":" + hex;
  }

  private static String shorten(String text) {
    return text.length() <= 160 ? text : text.substring(0, 160) + "...";
  }

  /** The registered algorithms that registries use. */
  public enum Algorithm {
    SHA256("sha256", "SHA-256", 64),
    SHA512("sha512", "SHA-512", 128);

    private final String prefix;
    private final String javaName;
    private final int hexLength;

    Algorithm(String prefix, String javaName, int hexLength) {
      this.prefix = prefix;
      this.javaName = javaName;
      this.hexLength = hexLength;
    }

    /** As it stands before the colon; also the name of its folder in a content store. */
    public String prefix() {
      return prefix;
    }

    /** A fresh computation. */
    public MessageDigest newHash() {
      try {
        return MessageDigest.getInstance(javaName);
      } catch (NoSuchAlgorithmException missing) {
        throw Failure.internal("this Java lacks " + javaName, missing);
      }
    }
  }
}
