package dev.beagle.image.registry;

import dev.beagle.image.manifest.Manifest;
import dev.beagle.image.reference.Digest;
import dev.beagle.image.reference.MediaType;
import dev.beagle.image.reference.Repository;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Pulling and checking manifests (distribution-spec, "Pulling manifests"). */
final class ManifestCall {
  private static final String ACCEPT =
      Stream.of(
              MediaType.OCI_INDEX,
              MediaType.DOCKER_INDEX,
              MediaType.OCI_MANIFEST,
              MediaType.DOCKER_MANIFEST)
          .map(MediaType::toString)
          .collect(Collectors.joining(", ", "", ", */*"));

  /** A type that says nothing, for an answer that names none. */
  static final MediaType UNKNOWN = new MediaType("application/octet-stream");

  private ManifestCall() {}

  /** What asks for a manifest by tag or digest, however it asks. */
  sealed interface Addressed<T> extends RegistryCall<T> {
    String identifier();

    @Override
    default String path() {
      return repository().path() + "/manifests/" + identifier();
    }

    @Override
    default Map<String, String> headers() {
      return Map.of("Accept", ACCEPT);
    }

    @Override
    default String subject() {
      return repository() + (identifier().contains(":") ? "@" : ":") + identifier();
    }
  }

  /** HEAD: which content a name stands for; empty where the registry does not say. */
  record Check(Repository repository, String identifier)
      implements Addressed<Optional<ManifestAddress>> {
    @Override
    public String method() {
      return "HEAD";
    }

    @Override
    public Optional<ManifestAddress> read(RegistryResponse response) {
      try (response) {
        MediaType type = typeOf(response);
        return Digest.find(response.header("docker-content-digest"))
            .filter(_ -> type.isIndex() || type.isManifest())
            .map(digest -> new ManifestAddress(digest, type));
      }
    }
  }

  /** GET: the manifest's bytes. */
  record Fetch(Repository repository, String identifier) implements Addressed<ManifestContent> {
    @Override
    public String method() {
      return "GET";
    }

    @Override
    public ManifestContent read(RegistryResponse response) throws IOException {
      try (response) {
        return new ManifestContent(
            typeOf(response), response.readAll(Manifest.MAX_BYTES, subject()));
      }
    }
  }

  private static MediaType typeOf(RegistryResponse response) {
    return MediaType.ofHeader(response.header("content-type")).orElse(UNKNOWN);
  }
}
