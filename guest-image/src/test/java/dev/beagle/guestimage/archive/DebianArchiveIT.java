package dev.beagle.guestimage.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.guestimage.testing.Debs;
import dev.beagle.guestimage.testing.ServedArchive;
import dev.beagle.guestimage.testing.SigningKey;
import dev.beagle.testing.ManualTime;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An archive served on loopback, which says the truth and other things. */
final class DebianArchiveIT {
  private static final Instant MADE = Instant.parse("2025-03-30T10:00:00Z");
  private static final Instant DATE = Instant.parse("2025-12-13T07:55:41Z");
  private static final Duration LIVES = Duration.ofDays(8 * 365);
  private static final SigningKey KEY = SigningKey.made(MADE, LIVES);
  private static final byte[] DEB = new Debs().file("./usr/bin/crun", "program").build(".xz");

  @TempDir Path folder;
  private final List<String> said = new ArrayList<>();
  private final ManualTime time = new ManualTime();
  private ServedArchive served;

  @BeforeEach
  void serve() throws IOException {
    served = new ServedArchive();
    Files.createDirectories(folder.resolve("keyrings"));
    Files.write(folder.resolve("keyrings/debian-archive-test.gpg"), KEY.keyring());
  }

  @AfterEach
  void stop() {
    served.close();
  }

  private DebianArchive open(Optional<URI> url, String keyrings) {
    return DebianArchive.open(
        new ArchiveSettings(
            url,
            "trixie",
            "arm64",
            folder.resolve("cache"),
            List.of(folder.resolve(keyrings)),
            List.of(KEY.trusted())),
        time,
        said::add);
  }

  private DebianArchive open() {
    return open(Optional.of(served.url()), "keyrings");
  }

  private static byte[] crun(DebianArchive archive) throws IOException {
    return Files.readAllBytes(archive.fetch(archive.packages().require("crun")));
  }

  private static void assertFails(ThrowingCallable what, FailureKind kind, String reason) {
    assertThatThrownBy(what)
        .isInstanceOfSatisfying(
            Failure.class, failure -> assertThat(failure.kind()).isEqualTo(kind))
        .hasMessageContaining(reason);
  }

  @Test
  void packagesComeThroughTheSignedIndexAndAreKept() throws IOException {
    served.add("crun", "1.21-1", "", DEB);
    served.publish(KEY, DATE);
    try (DebianArchive archive = open()) {
      assertThat(crun(archive)).isEqualTo(DEB);
      assertThat(archive.version()).isEqualTo("13.7");
      assertThat(archive.date()).isEqualTo(DATE);
    }
    assertThat(said.getFirst())
        .isEqualTo("Debian trixie 13.7 of 2025-12-13, signed by Signer of Tests");

    served.asked().clear();
    try (DebianArchive archive = open()) {
      assertThat(crun(archive)).isEqualTo(DEB);
    }
    assertThat(served.asked()).containsExactly("dists/trixie/InRelease");
  }

  @Test
  void whatWasFetchedDoesWithoutTheArchive() throws IOException {
    served.add("crun", "1.21-1", "", DEB);
    served.publish(KEY, DATE);
    try (DebianArchive archive = open()) {
      crun(archive);
    }
    served.close();
    try (DebianArchive offline = open(Optional.empty(), "keyrings")) {
      assertThat(crun(offline)).isEqualTo(DEB);
    }
    try (DebianArchive unreachable = open()) {
      assertThat(crun(unreachable)).isEqualTo(DEB);
    }
    assertThat(said).anyMatch(line -> line.startsWith("using the index of before: "));
  }

  @Test
  void withoutArchiveAndCacheTheWayOutIsSaid() {
    assertFails(
        () -> open(Optional.empty(), "keyrings"),
        FailureKind.UNAVAILABLE,
        "name one with --archive URL");
    served.close();
    assertFails(this::open, FailureKind.UNAVAILABLE, "is this machine online?");
  }

  @Test
  void anIndexOfAStrangerIsRefused() {
    served.publish(SigningKey.made(MADE, LIVES), DATE);
    assertFails(this::open, FailureKind.NOT_FOUND, "package debian-archive-keyring");
    served.add("debian-archive-keyring", "1", "", keyringPackage(SigningKey.made(MADE, LIVES)));
    served.publish(SigningKey.made(MADE, LIVES), DATE);
    assertFails(this::open, FailureKind.DENIED, "is not signed by anybody trusted");
    assertThat(folder.resolve("cache/trixie.InRelease")).doesNotExist();
  }

  private static byte[] keyringPackage(SigningKey key) {
    return new Debs()
        .file("./usr/share/keyrings/debian-archive-keyring.pgp", key.keyring())
        .build(".xz");
  }

  /** A Mac has no keys of Debian: the archive's own ones do, by their fingerprints. */
  @Test
  void keysThatAreNotHereComeFromTheArchive() throws IOException {
    served.add("crun", "1.21-1", "", DEB);
    served.add("debian-archive-keyring", "1", "", keyringPackage(KEY));
    served.publish(KEY, DATE);
    try (DebianArchive archive = open(Optional.of(served.url()), "none")) {
      assertThat(crun(archive)).isEqualTo(DEB);
    }
    try (DebianArchive offline = open(Optional.empty(), "none")) {
      assertThat(crun(offline)).isEqualTo(DEB);
    }
  }

  @Test
  void aChangedIndexIsRefused() {
    served.publish(KEY, DATE);
    String text =
        new String(served.served("dists/trixie/InRelease"), StandardCharsets.UTF_8)
            .replace("13.7", "13.8");
    served.add("debian-archive-keyring", "1", "", keyringPackage(KEY));
    served.replace("dists/trixie/InRelease", text.getBytes(StandardCharsets.UTF_8));
    assertThatThrownBy(this::open).isInstanceOf(Failure.class);
  }

  @Test
  void anotherSuiteIsRefused() {
    served.publish(KEY, DATE, "bookworm", "");
    assertFails(this::open, FailureKind.WRONG_STATE, "is of suite bookworm (stable)");
  }

  @Test
  void anOutdatedIndexIsRefused() {
    served.publish(KEY, DATE, "trixie", "Valid-Until: Sat, 20 Dec 2025 20:15:02 UTC\n");
    assertFails(this::open, FailureKind.WRONG_STATE, "was valid until 2025-12-20T20:15:02Z");
  }

  @Test
  void anOlderIndexThanBeforeIsNotUsed() throws IOException {
    served.add("crun", "1.21-1", "", DEB);
    served.publish(KEY, DATE);
    open().close();
    served.publish(KEY, DATE.minus(Duration.ofDays(60)));
    try (DebianArchive archive = open()) {
      assertThat(archive.date()).isEqualTo(DATE);
      assertThat(crun(archive)).isEqualTo(DEB);
    }
    assertThat(said).anyMatch(line -> line.contains("older than the index of before"));
  }

  @Test
  void aChangedPackageIsRefusedAndNotKept() throws IOException {
    String path = served.add("crun", "1.21-1", "", DEB);
    served.publish(KEY, DATE);
    byte[] changed = DEB.clone();
    changed[changed.length / 2] ^= 1;
    served.replace(path, changed);
    try (DebianArchive archive = open()) {
      assertFails(
          () -> crun(archive), FailureKind.CORRUPTED, "is not what the archive's index says");
      served.replace(path, new byte[DEB.length + 1]);
      assertFails(() -> crun(archive), FailureKind.UNAVAILABLE, "it has more than");
      served.replace(path, DEB);
      assertThat(crun(archive)).isEqualTo(DEB);
    }
  }

  @Test
  void aDamagedCacheIsFetchedAnew() throws IOException {
    served.add("crun", "1.21-1", "", DEB);
    served.publish(KEY, DATE);
    try (DebianArchive archive = open()) {
      Path kept = archive.fetch(archive.packages().require("crun"));
      Files.write(kept, new byte[DEB.length]);
      assertThat(crun(archive)).isEqualTo(DEB);
    }
  }

  @Test
  void aLoginPageIsNoIndex() {
    served.replace(
        "dists/trixie/InRelease", "<html>log in</html>".getBytes(StandardCharsets.UTF_8));
    assertFails(this::open, FailureKind.CORRUPTED, "is no signed text");
  }

  @Test
  void anArchiveWithoutTheSuiteIsSaid() {
    assertFails(this::open, FailureKind.NOT_FOUND, "dists/trixie/InRelease");
  }
}
