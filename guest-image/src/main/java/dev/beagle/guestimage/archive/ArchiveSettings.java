package dev.beagle.guestimage.archive;

import dev.beagle.failure.Failure;
import dev.beagle.guestimage.signature.TrustedKey;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Which archive, and who vouches for it.
 *
 * @param url http or https, without the suite; empty to use what was downloaded before
 * @param suite by codename: "trixie"
 * @param architecture Debian's name: "arm64"
 * @param cache folder for downloads
 * @param keyrings folders with files debian-archive*, of keys that may be the trusted ones
 * @param trusted who is believed
 */
public record ArchiveSettings(
    Optional<URI> url,
    String suite,
    String architecture,
    Path cache,
    List<Path> keyrings,
    List<TrustedKey> trusted) {
  public ArchiveSettings {
    keyrings = List.copyOf(keyrings);
    trusted = List.copyOf(trusted);
    for (String word : List.of(suite, architecture)) {
      if (!word.matches("[a-z0-9][a-z0-9-]{0,63}")) {
        throw Failure.invalidArgument(
            "\"%s\" is no name of a suite or architecture".formatted(word));
      }
    }
  }
}
