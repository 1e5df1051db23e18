package dev.beagle.guestimage.archive;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.guestimage.signature.SignedText;
import dev.beagle.guestimage.signature.TrustedKey;
import dev.beagle.guestimage.signature.TrustedKeys;
import dev.beagle.host.HostError;
import dev.beagle.time.Time;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Finds the index of a suite that holds: signed by somebody trusted, of the suite that was asked
 * for, not outdated, not older than one that was seen before. Confined to one thread.
 */
final class SuiteIndexes {
  private static final int INDEX_BYTES = 4 << 20;
  private static final int KEYRING_BYTES = 4 << 20;
  private static final Duration CLOCKS_DIFFER = Duration.ofDays(1);

  private final ArchiveSettings settings;
  private final Downloads downloads;
  private final Time time;
  private final Consumer<String> progress;
  private final Function<ReleaseIndex, byte[]> keysOf;
  private final TrustedKeys keys;
  private final Path kept;
  private final Path keptKeys;
  private boolean askedForKeys;

  /**
   * @param keysOf gets keys from the archive itself, by an index that is not checked
   */
  SuiteIndexes(
      ArchiveSettings settings,
      Downloads downloads,
      Time time,
      Consumer<String> progress,
      Function<ReleaseIndex, byte[]> keysOf) {
    this.settings = settings;
    this.downloads = downloads;
    this.time = time;
    this.progress = progress;
    this.keysOf = keysOf;
    keys = new TrustedKeys(settings.trusted());
    kept = settings.cache().resolve(settings.suite() + ".InRelease");
    keptKeys = settings.cache().resolve("archive-keyring");
  }

  /**
   * @throws Failure as {@link DebianArchive#open}
   */
  SuiteIndex newest() {
    addKeys();
    Optional<SuiteIndex> before = before();
    if (settings.url().isEmpty()) {
      return before.orElseThrow(() ->
          Failure.unavailable(
              "no Debian archive is known here, and nothing of one is in %s: name one with"
                      .formatted(settings.cache())
                  + " --archive URL"));
    }
    byte[] text;
    try {
      text = downloads.unchecked("dists/" + settings.suite() + "/InRelease", INDEX_BYTES);
    } catch (Failure unreachable) {
      if (unreachable.kind() != FailureKind.UNAVAILABLE || before.isEmpty()) {
        throw unreachable;
      }
      progress.accept("using the index of before: " + unreachable.reason());
      return before.get();
    }
    SuiteIndex found = check(settings.url().get() + "'s index of " + settings.suite(), text);
    if (before.isPresent() && found.release().date().isBefore(before.get().release().date())) {
      progress.accept(
          "the archive has %s, older than the index of before, which is used".formatted(found));
      return before.get();
    }
    keep(text, kept);
    return found;
  }

  /** What was kept, if it still holds. */
  private Optional<SuiteIndex> before() {
    try {
      return Optional.of(check(kept.toString(), Files.readAllBytes(kept)));
    } catch (NoSuchFileException none) {
      return Optional.empty();
    } catch (IOException error) {
      throw HostError.of("cannot read " + kept, error);
    } catch (Failure outdated) {
      progress.accept("not used: " + outdated.reason());
      return Optional.empty();
    }
  }

  private SuiteIndex check(String name, byte[] bytes) {
    SignedText text = SignedText.parse(name, bytes);
    TrustedKey signer = signer(name, text);
    ReleaseIndex release = parse(name, text);
    if (!release.codename().equals(settings.suite())) {
      throw Failure.wrongState(
          "%s is of suite %s (%s)".formatted(name, release.codename(), release.suite()));
    }
    Instant now = time.now();
    if (release.date().isAfter(now.plus(CLOCKS_DIFFER))) {
      throw Failure.wrongState(
          "%s is of %s, which is to come: set this machine's clock, which says %s"
              .formatted(name, release.date(), now));
    }
    if (release.validUntil().isPresent() && release.validUntil().get().isBefore(now)) {
      throw Failure.wrongState(
          "%s was valid until %s: it is no longer kept up to date, or newer ones are kept from us;"
                  .formatted(name, release.validUntil().get())
              + " name another archive with --archive URL");
    }
    return new SuiteIndex(release, signer);
  }

  private static ReleaseIndex parse(String name, SignedText text) {
    try {
      return ReleaseIndex.parse(text.lines());
    } catch (Failure failure) {
      throw Failure.of(failure.kind(), name + ": " + failure.reason(), failure);
    }
  }

  /** Where the keys at hand do not do, the archive may have more of the trusted ones. */
  private TrustedKey signer(String name, SignedText text) {
    try {
      return keys.verify(name, text, time.now());
    } catch (Failure denied) {
      if (denied.kind() != FailureKind.DENIED || askedForKeys || settings.url().isEmpty()) {
        throw denied;
      }
      askedForKeys = true;
      byte[] keyring = keysOf.apply(parse(name, text));
      if (keys.add(keyring) == 0) {
        throw denied;
      }
      TrustedKey signer = keys.verify(name, text, time.now());
      keep(keyring, keptKeys);
      return signer;
    }
  }

  /** Of this machine, and those that an archive had before. */
  private void addKeys() {
    for (Path folder : settings.keyrings()) {
      try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "debian-archive*")) {
        for (Path file : files) {
          addKeys(file);
        }
      } catch (IOException noSuchFolder) {
        // as on any machine that is no Debian
      }
    }
    addKeys(keptKeys);
  }

  /** What cannot be read has no keys; that none signed is said with the index. */
  private void addKeys(Path file) {
    try {
      if (Files.isRegularFile(file) && Files.size(file) <= KEYRING_BYTES) {
        keys.add(Files.readAllBytes(file));
      }
    } catch (IOException unreadable) {
      progress.accept("not used: keys in %s: %s".formatted(file, unreadable.getMessage()));
    }
  }

  private static void keep(byte[] bytes, Path file) {
    try {
      Path aside = Files.createTempFile(file.getParent(), "keep", ".part");
      Files.write(aside, bytes);
      Files.move(aside, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException error) {
      throw HostError.of("cannot write " + file, error);
    }
  }
}
