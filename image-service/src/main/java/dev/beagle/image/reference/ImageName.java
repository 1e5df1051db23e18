package dev.beagle.image.reference;

import dev.beagle.failure.Failure;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Any form in which somebody names an image that is on this node: a tag or digest reference, an id
 * ({@code sha256:HEX}), or the beginning of one. A text can be both ({@code cafe} is a name and
 * hexadecimal); the reference is looked up first, as containerd does.
 *
 * @param reference absent where the text can only be an id
 * @param idPrefix the beginning of the id's hexadecimal part, absent where the text cannot be one
 */
public record ImageName(Optional<Reference> reference, Optional<String> idPrefix) {
  private static final Pattern ID = Pattern.compile("(?:sha256:)?([0-9a-f]{1,64})");

  public ImageName {
    if (reference.isEmpty() && idPrefix.isEmpty()) {
      throw Failure.invalidArgument("an image name is a reference or an id");
    }
  }

  /**
   * Reads any form.
   *
   * @throws Failure INVALID_ARGUMENT where the text is neither a reference nor an id
   */
  public static ImageName parse(String text) {
    var matcher = ID.matcher(text);
    Optional<String> prefix = matcher.matches() ? Optional.of(matcher.group(1)) : Optional.empty();
    if (Digest.find(text).isPresent()) {
      return new ImageName(Optional.empty(), prefix);
    }
    if (prefix.isPresent()) {
      return new ImageName(Reference.find(text), prefix);
    }
    return new ImageName(Optional.of(Reference.parse(text)), prefix);
  }
}
