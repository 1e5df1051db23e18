package dev.beagle.image.registry;

import java.nio.file.Path;
import java.util.List;

/**
 * What differs from the system's defaults when a registry is reached by TLS.
 *
 * @param authorities PEM files of certificate authorities trusted besides the system's
 * @param clientKeys certificates to show
 * @param skipVerify whether any certificate will do
 */
record TlsSettings(List<Path> authorities, List<ClientKey> clientKeys, boolean skipVerify) {
  static final TlsSettings SYSTEM = new TlsSettings(List.of(), List.of(), false);

  TlsSettings {
    authorities = List.copyOf(authorities);
    clientKeys = List.copyOf(clientKeys);
  }

  TlsSettings skippingVerification() {
    return new TlsSettings(authorities, clientKeys, true);
  }

  /** PEM files; the same one twice where it holds both. */
  record ClientKey(Path certificate, Path key) {}
}
