package dev.beagle.guestimage.archive;

import dev.beagle.guestimage.signature.TrustedKey;

/**
 * A suite's index whose signature is good.
 *
 * @param signer the trusted key that signed it
 */
record SuiteIndex(ReleaseIndex release, TrustedKey signer) {
  /** "trixie 13.7 of 2026-09-12" */
  @Override
  public String toString() {
    String version = release.version().isEmpty() ? "" : " " + release.version();
    return "%s%s of %s"
        .formatted(release.codename(), version, release.date().toString().substring(0, 10));
  }
}
