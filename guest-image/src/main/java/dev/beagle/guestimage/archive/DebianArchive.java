package dev.beagle.guestimage.archive;

import dev.beagle.failure.Failure;
import dev.beagle.guestimage.deb.DebFile;
import dev.beagle.guestimage.deb.Unpacking;
import dev.beagle.guestimage.tree.FileNode;
import dev.beagle.guestimage.tree.FileTree;
import dev.beagle.host.HostError;
import dev.beagle.time.Time;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.function.Consumer;

/**
 * One suite of a Debian archive, for one architecture: what its signed index says, and the packages
 * that fit it. Whatever the archive serves is a stranger's until then. Confined to one thread.
 */
public final class DebianArchive implements AutoCloseable {
  private static final long INDEX_BYTES = 64 << 20;
  private static final long INDEX_UNPACKED_BYTES = 512L << 20;
  private static final long PACKAGE_BYTES = 256 << 20;
  private static final String KEYS_PACKAGE = "debian-archive-keyring";
  private static final String KEYS_FOLDER = "usr/share/keyrings/debian-archive-";
  private static final List<String> KEYS_FILES = List.of("keyring.pgp", "keyring.gpg");
  private static final long KEYS_BYTES = 8 << 20;

  private final ArchiveSettings settings;
  private final Downloads downloads;
  private final SuiteIndex suite;
  private final PackageIndex packages;

  private DebianArchive(
      ArchiveSettings settings, Downloads downloads, SuiteIndex suite, PackageIndex packages) {
    this.settings = settings;
    this.downloads = downloads;
    this.suite = suite;
    this.packages = packages;
  }

  /**
   * Asks the archive for its index, where it may be asked; where it cannot be reached, or has an
   * older one, the index of last time does.
   *
   * @param progress a line for each thing done
   * @throws Failure UNAVAILABLE where there is neither, DENIED for a bad signature, CORRUPTED,
   *     WRONG_STATE for an index of another suite or time
   */
  public static DebianArchive open(ArchiveSettings settings, Time time, Consumer<String> progress) {
    Downloads downloads = new Downloads(settings.url(), settings.cache(), progress);
    try {
      SuiteIndexes indexes =
          new SuiteIndexes(
              settings, downloads, time, progress, index -> keysOf(settings, downloads, index));
      SuiteIndex suite = indexes.newest();
      progress.accept("Debian %s, signed by %s".formatted(suite, suite.signer().name()));
      return new DebianArchive(
          settings, downloads, suite, packages(settings, downloads, suite.release()));
    } catch (Failure | Error failed) {
      downloads.close();
      throw failed;
    }
  }

  /** Files of keys that the archive itself has; nothing vouches for them but fingerprints. */
  private static byte[] keysOf(
      ArchiveSettings settings, Downloads downloads, ReleaseIndex unchecked) {
    PackageEntry entry = packages(settings, downloads, unchecked).require(KEYS_PACKAGE);
    Path file = fetch(downloads, entry, KEYS_BYTES);
    FileTree keys = DebFile.read(file, path -> path.startsWith(KEYS_FOLDER), KEYS_BYTES);
    return KEYS_FILES.stream()
        .flatMap(name -> keys.file(KEYS_FOLDER + name).stream())
        .findFirst()
        .map(DebianArchive::bytes)
        .orElseThrow(() -> Failure.corrupted("package %s has no keys".formatted(entry)));
  }

  private static byte[] bytes(FileNode.Regular file) {
    byte[] bytes = new byte[file.sizeBytes()];
    file.content().get(bytes);
    return bytes;
  }

  private static PackageIndex packages(
      ArchiveSettings settings, Downloads downloads, ReleaseIndex release) {
    String folder = "main/binary-" + settings.architecture();
    ReleaseIndex.Checked checked = release.index(folder + "/Packages.xz");
    String path = "dists/" + settings.suite() + "/" + folder;
    path += release.byHash() ? "/by-hash/SHA256/" + checked.sha256() : "/Packages.xz";
    String what = "index of %s for %s".formatted(settings.suite(), settings.architecture());
    Path file = downloads.checked(what, path, checked, INDEX_BYTES);
    try (InputStream packed = new BufferedInputStream(Files.newInputStream(file));
        InputStream in = Unpacking.open(".xz", packed, INDEX_UNPACKED_BYTES)) {
      return PackageIndex.parse(in);
    } catch (IOException error) {
      throw HostError.of("cannot read the " + what, error);
    } catch (Failure failure) {
      throw Failure.of(failure.kind(), "the " + what + ": " + failure.reason(), failure);
    }
  }

  private static Path fetch(Downloads downloads, PackageEntry entry, long limitBytes) {
    return downloads.checked(
        "package " + entry,
        entry.path(),
        new ReleaseIndex.Checked(entry.sha256(), entry.sizeBytes()),
        limitBytes);
  }

  public PackageIndex packages() {
    return packages;
  }

  /**
   * The file of a package, checked.
   *
   * @throws Failure UNAVAILABLE, CORRUPTED
   */
  public Path fetch(PackageEntry entry) {
    return fetch(downloads, entry, PACKAGE_BYTES);
  }

  /** By codename: "trixie". */
  public String suite() {
    return settings.suite();
  }

  /** Of the suite: "13.7"; empty where it has none. */
  public String version() {
    return suite.release().version();
  }

  /** When the suite's index was made. */
  public Instant date() {
    return suite.release().date();
  }

  @Override
  public void close() {
    downloads.close();
  }
}
