package dev.beagle.image.pull;

import dev.beagle.image.manifest.Descriptor;
import dev.beagle.image.reference.Digest;
import dev.beagle.image.registry.ManifestAddress;
import java.io.InputStream;

/** Where an image comes from: a registry or an archive. Thread-safe. */
interface ImageSource {
  /** What the wanted image's index or manifest is. */
  ManifestAddress resolve();

  /** A manifest or index, checked against its digest, of bounded size. */
  byte[] manifest(Digest digest);

  /** A blob's bytes; not checked. Reads throw Failures. */
  InputStream blob(Descriptor descriptor);
}
