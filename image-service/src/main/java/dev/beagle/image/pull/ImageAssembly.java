package dev.beagle.image.pull;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.image.catalog.Catalog;
import dev.beagle.image.catalog.Image;
import dev.beagle.image.catalog.ImageDraft;
import dev.beagle.image.catalog.ImageLayer;
import dev.beagle.image.catalog.Reservation;
import dev.beagle.image.content.ContentStore;
import dev.beagle.image.manifest.Descriptor;
import dev.beagle.image.manifest.ImageConfig;
import dev.beagle.image.manifest.ImageConfigJson;
import dev.beagle.image.manifest.Manifest;
import dev.beagle.image.manifest.Manifest.ImageIndex;
import dev.beagle.image.manifest.Manifest.ImageManifest;
import dev.beagle.image.manifest.ManifestJson;
import dev.beagle.image.reference.Digest;
import dev.beagle.image.reference.MediaType;
import dev.beagle.image.reference.Platform;
import dev.beagle.image.reference.Reference;
import dev.beagle.image.registry.ManifestAddress;
import dev.beagle.lifecycle.Tasks;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Function;

/**
 * Brings one image here from its source: documents, then layers, and last, once all of it is
 * checked and on disk, its names. Thread-safe.
 */
final class ImageAssembly {
  private static final int MAX_INDEX_DEPTH = 4;

  private final ContentStore content;
  private final Catalog catalog;
  private final LayerFetcher layers;

  ImageAssembly(ContentStore content, Catalog catalog, LayerFetcher layers) {
    this.content = content;
    this.catalog = catalog;
    this.layers = layers;
  }

  /**
   * @param names of the image, by the digest that the source resolves to
   * @throws Failure as the source; NOT_FOUND where there is no variant for the platform;
   *     UNSUPPORTED for what is no image; CORRUPTED where content and description differ
   */
  Image assemble(
      ImageSource source,
      Platform platform,
      Function<Digest, List<Reference>> names,
      PullProgress progress) {
    ManifestAddress address = source.resolve();
    List<Digest> documents = new ArrayList<>();
    try (Reservation reservation = catalog.reserve()) {
      Found found = findManifest(source, address, platform, documents, reservation);
      ImageManifest manifest = found.manifest();
      ImageConfig config = config(source, manifest.config(), reservation);
      documents.add(manifest.config().digest());
      check(manifest, config, platform);
      progress.accept(new PullEvent.Resolved(address.digest(), manifest.layers()));
      fetchLayers(source, manifest, config, reservation, progress);
      Optional<Digest> completion = layers.complete(config.diffIds(), reservation::protect);
      return catalog.enter(
          draft(found, config, documents, completion), names.apply(address.digest()));
    }
  }

  private Found findManifest(
      ImageSource source,
      ManifestAddress address,
      Platform platform,
      List<Digest> documents,
      Reservation reservation) {
    Digest digest = address.digest();
    MediaType type = address.mediaType();
    for (int depth = 0; depth < MAX_INDEX_DEPTH; depth++) {
      reservation.protect(digest);
      byte[] bytes = document(source, digest);
      documents.add(digest);
      switch (ManifestJson.parse(bytes, type)) {
        case ImageManifest manifest -> {
          return new Found(manifest, bytes.length);
        }
        case ImageIndex index -> {
          Descriptor chosen = index.choose(platform);
          digest = chosen.digest();
          type = chosen.mediaType();
        }
      }
    }
    throw Failure.corrupted(
        "index %s leads to indexes more than %d deep".formatted(address.digest(), MAX_INDEX_DEPTH));
  }

  private byte[] document(ImageSource source, Digest digest) {
    return content
        .find(digest)
        .orElseGet(() -> {
          byte[] bytes = source.manifest(digest);
          content.put(digest, bytes);
          return bytes;
        });
  }

  private ImageConfig config(ImageSource source, Descriptor descriptor, Reservation reservation) {
    MediaType type = descriptor.mediaType();
    if (!type.equals(MediaType.OCI_CONFIG) && !type.equals(MediaType.DOCKER_CONFIG)) {
      throw Failure.unsupported(
          "the manifest describes an artifact of type %s, no image".formatted(type));
    }
    if (descriptor.size() > Manifest.MAX_BYTES) {
      throw Failure.corrupted(
          "image config %s has %d bytes, more than %d"
              .formatted(descriptor.digest(), descriptor.size(), Manifest.MAX_BYTES));
    }
    reservation.protect(descriptor.digest());
    byte[] bytes =
        content
            .find(descriptor.digest())
            .orElseGet(() -> {
              byte[] fetched = readAll(source, descriptor);
              content.put(descriptor.digest(), fetched);
              return fetched;
            });
    return ImageConfigJson.parse(bytes);
  }

  private static byte[] readAll(ImageSource source, Descriptor descriptor) {
    try (VerifiedStream in = new VerifiedStream(source.blob(descriptor), descriptor, _ -> {})) {
      return in.readAllBytes();
    } catch (IOException error) {
      throw Failure.corrupted(
          "blob " + descriptor.digest() + " cannot be read: " + error.getMessage(), error);
    }
  }

  private static void check(ImageManifest manifest, ImageConfig config, Platform platform) {
    if (platform.suitability(config.platform()) == 0) {
      throw Failure.of(
          FailureKind.NOT_FOUND,
          "the image has no variant for %s, only for: %s".formatted(platform, config.platform()));
    }
    if (manifest.layers().size() != config.diffIds().size()) {
      throw Failure.corrupted(
          "image %s has %d layers in its manifest, but %d in its config"
              .formatted(
                  manifest.config().digest(), manifest.layers().size(), config.diffIds().size()));
    }
    List<Digest> addresses = new ArrayList<>(config.diffIds());
    addresses.add(manifest.config().digest());
    for (Digest address : addresses) {
      if (address.algorithm() != Digest.Algorithm.SHA256) {
        throw Failure.unsupported(
            "image %s: ids of images and layers are sha256, not %s"
                .formatted(manifest.config().digest().abbreviated(), address.algorithm().prefix()));
      }
    }
    for (Descriptor layer : manifest.layers()) {
      if (!layer.mediaType().isLayer()) {
        throw Failure.unsupported(
            "layer %s is of type %s, which is not supported"
                .formatted(layer.digest(), layer.mediaType()));
      }
    }
  }

  private void fetchLayers(
      ImageSource source,
      ImageManifest manifest,
      ImageConfig config,
      Reservation reservation,
      PullProgress progress) {
    // An image may contain the same layer twice.
    Map<Digest, Descriptor> wanted = new LinkedHashMap<>();
    for (int i = 0; i < manifest.layers().size(); i++) {
      wanted.putIfAbsent(config.diffIds().get(i), manifest.layers().get(i));
    }
    List<Callable<ConvertedLayer>> fetches = new ArrayList<>();
    wanted.forEach((diffId, layer) -> {
      reservation.protect(diffId);
      fetches.add(() -> layers.ensure(source, layer, diffId, progress));
    });
    Tasks.all(fetches);
  }

  private static ImageDraft draft(
      Found found, ImageConfig config, List<Digest> documents, Optional<Digest> completion) {
    ImageManifest manifest = found.manifest();
    List<ImageLayer> layers = new ArrayList<>();
    long size = found.manifestBytes() + manifest.config().size();
    for (int i = 0; i < manifest.layers().size(); i++) {
      long packed = manifest.layers().get(i).size();
      layers.add(new ImageLayer(config.diffIds().get(i), packed));
      size += packed;
    }
    completion.ifPresent(diffId -> layers.add(new ImageLayer(diffId, 0)));
    return new ImageDraft(manifest.config().digest(), documents, layers, size);
  }

  private record Found(ImageManifest manifest, long manifestBytes) {}
}
