package dev.beagle.image.pull;

import dev.beagle.failure.Failure;
import dev.beagle.image.content.DurableFiles;
import dev.beagle.image.manifest.Descriptor;
import dev.beagle.image.manifest.DockerArchiveJson;
import dev.beagle.image.manifest.Manifest;
import dev.beagle.image.manifest.ManifestJson;
import dev.beagle.image.reference.Digest;
import dev.beagle.image.reference.MediaType;
import dev.beagle.image.registry.ManifestAddress;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * One image of what {@code docker save} wrote in its own format. It has no manifest, so one is made
 * of what is there; its layers are checked by their diff ids. Immutable.
 */
final class DockerArchiveSource implements ImageSource {
  private final byte[] manifest;
  private final Map<Digest, Path> blobs = new HashMap<>();

  DockerArchiveSource(ArchiveFiles files, DockerArchiveJson.SavedImage image) {
    Descriptor config = describe(files.require(image.config()), MediaType.DOCKER_CONFIG);
    List<Descriptor> layers = new ArrayList<>();
    for (String name : image.layers()) {
      layers.add(describe(files.require(name), MediaType.OCI_LAYER));
    }
    this.manifest = ManifestJson.write(new Manifest.ImageManifest(config, layers));
  }

  private Descriptor describe(Path file, MediaType type) {
    MessageDigest hash = Digest.Algorithm.SHA256.newHash();
    long size = 0;
    byte[] buffer = new byte[64 << 10];
    try (InputStream in = Files.newInputStream(file)) {
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        hash.update(buffer, 0, count);
        size += count;
      }
    } catch (IOException error) {
      throw DurableFiles.failure("read", file, error);
    }
    Digest digest = Digest.ofHash(Digest.Algorithm.SHA256, hash.digest());
    blobs.put(digest, file);
    return Descriptor.of(type, digest, size);
  }

  @Override
  public ManifestAddress resolve() {
    return new ManifestAddress(Digest.of(manifest), MediaType.OCI_MANIFEST);
  }

  @Override
  public byte[] manifest(Digest digest) {
    return manifest.clone();
  }

  @Override
  public InputStream blob(Descriptor descriptor) {
    Path file = blobs.get(descriptor.digest());
    if (file == null) {
      throw Failure.corrupted("the image archive lacks blob " + descriptor.digest());
    }
    try {
      return Files.newInputStream(file);
    } catch (IOException error) {
      throw DurableFiles.failure("read", file, error);
    }
  }
}
