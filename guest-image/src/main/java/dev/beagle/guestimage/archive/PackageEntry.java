package dev.beagle.guestimage.archive;

import dev.beagle.failure.Failure;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A package of the archive, as its index has it.
 *
 * @param path of its file below the archive's URL
 */
public record PackageEntry(
    String name,
    DebianVersion version,
    String architecture,
    List<List<String>> dependencies,
    List<String> provides,
    String path,
    long sizeBytes,
    Sha256 sha256) {
  static final Set<String> FIELDS =
      Set.of(
          "Package",
          "Version",
          "Architecture",
          "Depends",
          "Pre-Depends",
          "Provides",
          "Filename",
          "Size",
          "SHA256");

  public PackageEntry {
    dependencies = List.copyOf(dependencies);
    provides = List.copyOf(provides);
  }

  /**
   * @throws Failure CORRUPTED
   */
  static PackageEntry of(Map<String, String> fields) {
    String name = require(fields, "Package", "[a-z0-9][a-z0-9+.-]*");
    List<List<String>> dependencies = new ArrayList<>();
    for (String field : List.of("Pre-Depends", "Depends")) {
      for (String each : fields.getOrDefault(field, "").split(",", -1)) {
        List<String> alternatives = names(each, "\\|");
        if (!alternatives.isEmpty()) {
          dependencies.add(alternatives);
        }
      }
    }
    return new PackageEntry(
        name,
        new DebianVersion(require(fields, "Version", "[A-Za-z0-9.+:~-]+")),
        require(fields, "Architecture", "[a-z0-9-]+"),
        dependencies,
        names(fields.getOrDefault("Provides", ""), ","),
        requirePath(require(fields, "Filename", "[A-Za-z0-9.+~_/%:-]+")),
        Long.parseLong(require(fields, "Size", "[0-9]{1,15}")),
        new Sha256(require(fields, "SHA256", "[0-9a-f]{64}")));
  }

  private static String require(Map<String, String> fields, String name, String pattern) {
    String value = fields.getOrDefault(name, "");
    if (!value.matches(pattern)) {
      throw Failure.corrupted(
          "package %s has the %s \"%s\""
              .formatted(Failure.shown(fields.get("Package")), name, Failure.shown(value)));
    }
    return value;
  }

  private static String requirePath(String path) {
    for (String part : path.split("/", -1)) {
      if (part.isEmpty() || part.equals(".") || part.equals("..")) {
        throw Failure.corrupted("a package's file is at %s, which leads elsewhere".formatted(path));
      }
    }
    return path;
  }

  /** Without versions and architectures: "libc6 (>= 2.38)", "perl:any". */
  private static List<String> names(String text, String separator) {
    List<String> found = new ArrayList<>();
    for (String each : text.split(separator, -1)) {
      String name = each.strip().split("[\\s(:\\[]", 2)[0];
      if (!name.isEmpty()) {
        found.add(name);
      }
    }
    return found;
  }

  /** "crun 1.21-1" */
  @Override
  public String toString() {
    return name + " " + version;
  }
}
