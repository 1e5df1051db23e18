package dev.beagle.guestimage.signature;

import dev.beagle.failure.Failure;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A text with its signatures around it (cleartext signature framework, RFC 9580 section 7). Read
 * more strictly than the RFC asks for: nothing stands before, between or behind its two parts, so
 * that what is used is what was signed. Immutable.
 *
 * @param lines without what hides them (section 7.2) and without blanks at their ends, as they were
 *     signed
 * @param signature the armoured part
 */
public record SignedText(List<String> lines, String signature) {
  private static final String BEGIN = "-----BEGIN PGP SIGNED MESSAGE-----";
  private static final String SIGNATURE = "-----BEGIN PGP SIGNATURE-----";
  private static final String END = "-----END PGP SIGNATURE-----";
  private static final String HASH = "Hash:";

  public SignedText {
    lines = List.copyOf(lines);
  }

  /**
   * @param name for messages
   * @throws Failure CORRUPTED when it is no such text
   */
  public static SignedText parse(String name, byte[] bytes) {
    List<String> all = decode(name, bytes).lines().map(SignedText::withoutBlanks).toList();
    int at = 0;
    require(name, !all.isEmpty() && all.get(at++).equals(BEGIN), "it does not begin as one");
    while (at < all.size() && all.get(at).startsWith(HASH)) {
      at++;
    }
    require(name, at < all.size() && all.get(at++).isEmpty(), "its header does not end");
    List<String> lines = new ArrayList<>();
    while (at < all.size() && !all.get(at).equals(SIGNATURE)) {
      String line = all.get(at++);
      require(name, !line.startsWith("-") || line.startsWith("- "), "a line is not escaped");
      lines.add(line.startsWith("- ") ? line.substring(2) : line);
    }
    require(name, at < all.size(), "it has no signature");
    List<String> rest = all.subList(at, all.size());
    require(name, rest.indexOf(END) == rest.size() - 1, "something stands behind its signature");
    return new SignedText(lines, String.join("\n", rest) + "\n");
  }

  private static String decode(String name, byte[] bytes) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException error) {
      throw Failure.corrupted(name + " is no text in UTF-8", error);
    }
  }

  /** Blanks at the end of a line are not signed, and so not read either. */
  private static String withoutBlanks(String line) {
    int end = line.length();
    while (end > 0 && " \t\r".indexOf(line.charAt(end - 1)) >= 0) {
      end--;
    }
    return line.substring(0, end);
  }

  private static void require(String name, boolean condition, String otherwise) {
    if (!condition) {
      throw Failure.corrupted("%s is no signed text: %s".formatted(name, otherwise));
    }
  }

  /** The bytes that the signatures are of: lines end in CR LF, the last one in nothing. */
  byte[] signedBytes() {
    return String.join("\r\n", lines).getBytes(StandardCharsets.UTF_8);
  }
}
