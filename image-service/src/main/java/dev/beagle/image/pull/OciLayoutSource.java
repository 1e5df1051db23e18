package dev.beagle.image.pull;

import dev.beagle.failure.Failure;
import dev.beagle.image.content.DurableFiles;
import dev.beagle.image.manifest.Descriptor;
import dev.beagle.image.manifest.Manifest;
import dev.beagle.image.reference.Digest;
import dev.beagle.image.registry.ManifestAddress;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** One entry of an OCI image layout (OCI image-spec, image-layout.md). */
record OciLayoutSource(ArchiveFiles files, Descriptor entry) implements ImageSource {
  @Override
  public ManifestAddress resolve() {
    return new ManifestAddress(entry.digest(), entry.mediaType());
  }

  @Override
  public byte[] manifest(Digest digest) {
    byte[] bytes = files.read(nameOf(digest), Manifest.MAX_BYTES);
    byte[] hash = digest.algorithm().newHash().digest(bytes);
    if (!Digest.ofHash(digest.algorithm(), hash).equals(digest)) {
      throw Failure.corrupted("blob " + digest + " of the image archive has another digest");
    }
    return bytes;
  }

  @Override
  public InputStream blob(Descriptor descriptor) {
    Path file = files.require(nameOf(descriptor.digest()));
    try {
      return Files.newInputStream(file);
    } catch (IOException error) {
      throw DurableFiles.failure("read", file, error);
    }
  }

  private static String nameOf(Digest digest) {
    return "blobs/" + digest.algorithm().prefix() + "/" + digest.hex();
  }
}
