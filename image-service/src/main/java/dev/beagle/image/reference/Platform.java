package dev.beagle.image.reference;

import dev.beagle.failure.Failure;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * What an image runs on, normalised as containerd does: {@code linux/aarch64/v8} is {@code
 * linux/arm64}.
 *
 * @param variant empty for an architecture's base variant
 */
public record Platform(String os, String architecture, String variant) {
  private static final Pattern PART = Pattern.compile("[A-Za-z0-9_.-]{1,64}");

  public Platform {
    os = part("operating system", os);
    architecture = part("architecture", architecture);
    variant = variant.isEmpty() ? "" : part("variant", variant);
    String givenArchitecture = architecture;
    architecture =
        switch (givenArchitecture) {
          case "x86_64", "x86-64" -> "amd64";
          case "aarch64" -> "arm64";
          case "armhf", "armel" -> "arm";
          case "i386" -> "386";
          default -> givenArchitecture;
        };
    if (architecture.equals("arm")) {
      variant =
          switch (variant) {
            case "" -> givenArchitecture.equals("armel") ? "v6" : "v7";
            case "5", "6", "7", "8" -> "v" + variant;
            default -> variant;
          };
    } else if (isBaseVariant(architecture, variant)) {
      variant = "";
    }
  }

  private static boolean isBaseVariant(String architecture, String variant) {
    return switch (architecture) {
      case "arm64" -> variant.equals("v8") || variant.equals("8");
      case "amd64" -> variant.equals("v1");
      default -> false;
    };
  }

  private static String part(String what, String value) {
    if (!PART.matcher(value).matches()) {
      throw Failure.invalidArgument(
          "\"%s\" is no platform's %s".formatted(Reference.shorten(value), what));
    }
    return value.toLowerCase(Locale.ROOT);
  }

  /** Reads {@code os/architecture} or {@code os/architecture/variant}. */
  public static Platform parse(String text) {
    String[] parts = text.split("/", -1);
    if (parts.length < 2 || parts.length > 3) {
      throw Failure.invalidArgument(
          "platform \"%s\" is not os/architecture[/variant]".formatted(Reference.shorten(text)));
    }
    return new Platform(parts[0], parts[1], parts.length == 3 ? parts[2] : "");
  }

  /** Linux on the architecture, base variant. */
  public static Platform linux(String architecture) {
    return new Platform("linux", architecture, "");
  }

  /**
   * How well an image of the other platform runs where this one is wanted.
   *
   * @return 0 for not at all; higher is better
   */
  public int suitability(Platform offered) {
    if (!os.equals(offered.os) || !architecture.equals(offered.architecture)) {
      return 0;
    }
    if (variant.equals(offered.variant)) {
      return 100;
    }
    int wantedLevel = level(variant);
    int offeredLevel = level(offered.variant);
    // A processor runs what was built for an older one, and prefers the newest of those.
    return offeredLevel >= 0 && offeredLevel < wantedLevel ? 1 + offeredLevel : 0;
  }

  /** The number in {@code v3}; 0 for the base variant, -1 for a variant that is no number. */
  private int level(String variant) {
    if (variant.isEmpty()) {
      return 0;
    }
    return variant.matches("v[0-9]{1,2}") ? Integer.parseInt(variant.substring(1)) : -1;
  }

  @Override
  public String toString() {
    return os + "/" + architecture + (variant.isEmpty() ? "" : "/" + variant);
  }
}
