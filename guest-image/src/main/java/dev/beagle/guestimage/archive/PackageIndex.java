package dev.beagle.guestimage.archive;

import dev.beagle.failure.Failure;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** The packages of a suite for one architecture. Immutable. */
public final class PackageIndex {
  private static final int PACKAGES = 1_000_000;

  private final Map<String, PackageEntry> byName = new HashMap<>();
  private final Map<String, List<PackageEntry>> byProvided = new HashMap<>();

  private PackageIndex() {}

  /**
   * Of several versions of a package the newest one is kept.
   *
   * @throws Failure CORRUPTED
   */
  static PackageIndex parse(InputStream in) throws IOException {
    PackageIndex index = new PackageIndex();
    ControlFields paragraphs = new ControlFields(in, PackageEntry.FIELDS);
    int count = 0;
    for (Optional<Map<String, String>> next = paragraphs.next();
        next.isPresent();
        next = paragraphs.next()) {
      if (++count > PACKAGES) {
        throw Failure.corrupted("it has more than %d packages".formatted(PACKAGES));
      }
      PackageEntry entry = PackageEntry.of(next.get());
      index.byName.merge(entry.name(), entry, PackageIndex::newer);
      for (String provided : entry.provides()) {
        index.byProvided.computeIfAbsent(provided, _ -> new ArrayList<>()).add(entry);
      }
    }
    return index;
  }

  private static PackageEntry newer(PackageEntry left, PackageEntry right) {
    return left.version().compareTo(right.version()) >= 0 ? left : right;
  }

  public Optional<PackageEntry> find(String name) {
    return Optional.ofNullable(byName.get(name));
  }

  /**
   * @throws Failure NOT_FOUND
   */
  public PackageEntry require(String name) {
    return find(name).orElseThrow(() -> Failure.notFound("package", name));
  }

  /** The newest package whose whole name fits. */
  public Optional<PackageEntry> newest(Pattern name) {
    return byName.values().stream()
        .filter(entry -> name.matcher(entry.name()).matches())
        .max(Comparator.comparing(PackageEntry::version));
  }

  /**
   * The packages that one is said to need, of alternatives the first that there is; what nobody
   * provides is left out.
   */
  public List<PackageEntry> dependencies(PackageEntry entry) {
    List<PackageEntry> found = new ArrayList<>();
    for (List<String> alternatives : entry.dependencies()) {
      alternatives.stream()
          .flatMap(name -> providers(name).stream())
          .findFirst()
          .ifPresent(found::add);
    }
    return found;
  }

  private List<PackageEntry> providers(String name) {
    PackageEntry direct = byName.get(name);
    return direct != null ? List.of(direct) : byProvided.getOrDefault(name, List.of());
  }

  public int size() {
    return byName.size();
  }
}
