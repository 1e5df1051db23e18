package dev.beagle.image.reference;

import dev.beagle.failure.Failure;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The full name of an image, in Docker's grammar: a repository with either a tag or a digest. Its
 * {@code toString} is the normalised text and parses to an equal value.
 */
public sealed interface Reference {
  Repository repository();

  /** What stands for the image in a registry's URL: the tag or the digest. */
  String identifier();

  /**
   * Reads and normalises a name: the default registry, {@code library/} and {@code :latest} are
   * added; of {@code name:tag@digest} the tag is dropped, because the digest decides.
   *
   * @throws Failure INVALID_ARGUMENT naming the text and what is wrong with it
   */
  static Reference parse(String text) {
    if (text.isEmpty()) {
      throw Failure.invalidArgument("image name is empty");
    }
    if (text.length() > Limits.MAX_TEXT) {
      throw Failure.invalidArgument(
          "image name \"%s\" is longer than %d characters"
              .formatted(shorten(text), Limits.MAX_TEXT));
    }
    int at = text.indexOf('@');
    String name = at < 0 ? text : text.substring(0, at);
    int colon = name.lastIndexOf(':');
    Optional<String> tag = Optional.empty();
    if (colon > name.lastIndexOf('/')) {
      tag = Optional.of(name.substring(colon + 1));
      name = name.substring(0, colon);
    }
    Repository repository = Repository.parse(name);
    // A wrong tag is refused even where the digest makes it irrelevant, as Docker does.
    Optional<Tagged> tagged = tag.map(value -> new Tagged(repository, value));
    if (at >= 0) {
      return new Digested(repository, Digest.parse(text.substring(at + 1)));
    }
    return tagged.orElseGet(() -> new Tagged(repository, "latest"));
  }

  /** The reference in the text, or empty where the text is none. */
  static Optional<Reference> find(String text) {
    try {
      return Optional.of(parse(text));
    } catch (Failure notOne) {
      return Optional.empty();
    }
  }

  private static String abbreviate(String text) {
    return text.substring(0, Limits.SHOWN) + "...";
  }

  /** At most a line of it, for messages. */
  static String shorten(String text) {
    return text.length() <= Limits.SHOWN ? text : abbreviate(text);
  }

  /**
   * A name that can move from one image to another.
   *
   * @param tag at most 128 characters
   */
  record Tagged(Repository repository, String tag) implements Reference {
    private static final Pattern TAG = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}");

    public Tagged {
      if (!TAG.matcher(tag).matches()) {
        throw Failure.invalidArgument(
            "image name \"%s:%s\" is invalid: the tag must be 1 to 128 of letters, digits, _ . -"
                .formatted(repository, shorten(tag)));
      }
    }

    @Override
    public String identifier() {
      return tag;
    }

    @Override
    public String toString() {
      return repository + ":" + tag;
    }
  }

  /** A name that can only mean one content: a manifest or an index. */
  record Digested(Repository repository, Digest digest) implements Reference {
    @Override
    public String identifier() {
      return digest.toString();
    }

    @Override
    public String toString() {
      return repository + "@" + digest;
    }
  }

  /** Bounds of what is read and shown. */
  final class Limits {
    static final int MAX_TEXT = 1024;
    static final int SHOWN = 200;

    private Limits() {}
  }
}
