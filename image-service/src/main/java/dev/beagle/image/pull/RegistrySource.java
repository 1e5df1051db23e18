package dev.beagle.image.pull;

import dev.beagle.image.manifest.Descriptor;
import dev.beagle.image.reference.Digest;
import dev.beagle.image.reference.Reference;
import dev.beagle.image.registry.ManifestAddress;
import dev.beagle.image.registry.RegistrySession;
import java.io.InputStream;

/** An image in a registry. */
record RegistrySource(RegistrySession session, Reference reference) implements ImageSource {
  @Override
  public ManifestAddress resolve() {
    return session.resolve(reference);
  }

  @Override
  public byte[] manifest(Digest digest) {
    return session.manifest(digest);
  }

  @Override
  public InputStream blob(Descriptor descriptor) {
    return session.blob(descriptor);
  }
}
