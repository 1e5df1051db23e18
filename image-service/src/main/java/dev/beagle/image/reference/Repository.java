package dev.beagle.image.reference;

import dev.beagle.failure.Failure;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Where images of one name are kept, after Docker's rules of normalisation: {@code busybox} is
 * {@code docker.io/library/busybox}.
 *
 * @param registry a host, with a port where it is not the default one; {@code docker.io} for Docker
 *     Hub
 * @param path lower-case components joined by slashes, at most 255 characters
 */
public record Repository(String registry, String path) {
  static final int MAX_PATH = 255;
  static final int MAX_REGISTRY = 255;
  private static final String DOCKER_HUB = "docker.io";
  private static final String LABEL = "[a-zA-Z0-9](?:[a-zA-Z0-9-]*+(?<=[a-zA-Z0-9]))?+";
  private static final Pattern REGISTRY =
      Pattern.compile(
          "(?:" + LABEL + "(?:\\." + LABEL + ")*+|\\[[a-fA-F0-9:]{2,45}])(?::[0-9]{1,5})?");
  private static final Pattern PATH_COMPONENT =
      Pattern.compile("[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*");
  private static final Pattern IMAGE_ID = Pattern.compile("[0-9a-f]{64}");

  public Repository {
    if (registry.length() > MAX_REGISTRY || !REGISTRY.matcher(registry).matches()) {
      throw invalid(registry + "/" + path, "its registry is no host name with optional port");
    }
    if (path.length() > MAX_PATH) {
      throw invalid(registry + "/" + path, "it is longer than " + MAX_PATH + " characters");
    }
    for (String component : path.split("/", -1)) {
      if (!PATH_COMPONENT.matcher(component).matches()) {
        throw invalid(
            registry + "/" + path,
            component.equals(component.toLowerCase(Locale.ROOT))
                ? "\"" + component + "\" is no name component"
                : "a repository must be lower-case");
      }
    }
  }

  /** Reads a name without tag and digest. */
  static Repository parse(String name) {
    if (IMAGE_ID.matcher(name).matches()) {
      throw invalid(name, "64 hexadecimal digits are an image id, not a name");
    }
    int slash = name.indexOf('/');
    String first = slash < 0 ? "" : name.substring(0, slash);
    if (slash < 0 || !isHost(first)) {
      return onDockerHub(name);
    }
    String rest = name.substring(slash + 1);
    return first.equals(DOCKER_HUB) || first.equals("index." + DOCKER_HUB)
        ? onDockerHub(rest)
        : new Repository(first, rest);
  }

  private static boolean isHost(String first) {
    return first.contains(".")
        || first.contains(":")
        || first.equals("localhost")
        || !first.equals(first.toLowerCase(Locale.ROOT));
  }

  private static Repository onDockerHub(String path) {
    return new Repository(DOCKER_HUB, path.contains("/") ? path : "library/" + path);
  }

  private static Failure invalid(String name, String reason) {
    return Failure.invalidArgument(
        "image name \"" + Reference.shorten(name) + "\" is invalid: " + reason);
  }

  @Override
  public String toString() {
    return registry + "/" + path;
  }
}
