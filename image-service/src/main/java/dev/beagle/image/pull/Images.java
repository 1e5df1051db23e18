package dev.beagle.image.pull;

import dev.beagle.failure.Failure;
import dev.beagle.image.catalog.Catalog;
import dev.beagle.image.catalog.Image;
import dev.beagle.image.catalog.ImageLayer;
import dev.beagle.image.catalog.Lease;
import dev.beagle.image.content.ContentStore;
import dev.beagle.image.content.FileContentStore;
import dev.beagle.image.layer.LayerStore;
import dev.beagle.image.reference.Digest;
import dev.beagle.image.reference.ImageName;
import dev.beagle.image.reference.Platform;
import dev.beagle.image.reference.Reference;
import dev.beagle.image.registry.Credentials;
import dev.beagle.time.Time;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The node's images: what adapters (CRI, Docker, the command line) and the runtime use of this
 * module. Names are given in any form that {@link ImageName} reads. Thread-safe; lists and lookups
 * touch no disk.
 */
public final class Images implements AutoCloseable {
  private final LayerConverter layers;
  private final ContentStore content;
  private final Catalog catalog;
  private final ImagePuller puller;
  private final ImageImporter importer;

  private Images(
      LayerConverter layers,
      ContentStore content,
      Catalog catalog,
      ImagePuller puller,
      ImageImporter importer) {
    this.layers = layers;
    this.content = content;
    this.catalog = catalog;
    this.puller = puller;
    this.importer = importer;
  }

  /**
   * Opens the images of a folder, with the layers as EROFS in {@code FOLDER/layers}, and repairs
   * what a crash left. Nothing is collected until {@link #collect()}. One process owns the folder.
   */
  public static Images open(ImagesSettings settings, Time time) {
    LayerStore store = LayerStore.open(settings.folder().resolve("layers"));
    return open(settings, new ErofsLayers(store), time);
  }

  /** As the other, with another store of layers. */
  public static Images open(ImagesSettings settings, LayerConverter layers, Time time) {
    return open(settings, layers, time, DiskFloor.of(settings.folder()));
  }

  static Images open(ImagesSettings settings, LayerConverter layers, Time time, DiskFloor floor) {
    ContentStore content = FileContentStore.open(settings.folder().resolve("content"));
    Catalog catalog = Catalog.open(settings.folder().resolve("catalog"), content, layers, time);
    LayerFetcher fetcher =
        new LayerFetcher(layers, settings.layersAtOnce(), settings.maxLayerBytes(), floor);
    ImageAssembly assembly = new ImageAssembly(content, catalog, fetcher);
    return new Images(
        layers,
        content,
        catalog,
        new ImagePuller(assembly, settings.registry(), time),
        new ImageImporter(
            assembly, settings.folder().resolve("import"), settings.maxLayerBytes(), floor));
  }

  /**
   * Brings an image here, or up to date. The registry is asked in any case; layers that are here
   * are not fetched again.
   *
   * @throws Failure NOT_FOUND, UNAUTHENTICATED, DENIED or UNAVAILABLE as the registry answers or
   *     does not; CORRUPTED, EXHAUSTED or UNSUPPORTED for content that cannot be used; CANCELLED
   *     where the calling thread was interrupted
   */
  public Image pull(
      Reference reference,
      Platform platform,
      Optional<Credentials> credentials,
      PullProgress progress) {
    return puller.pull(reference, platform, credentials, progress);
  }

  /**
   * Brings images here from a folder with an OCI layout.
   *
   * @param name for the layout's image of the platform; without one, the layout's own names
   */
  public List<Image> importFolder(
      Path layout, Optional<Reference.Tagged> name, Platform platform, PullProgress progress) {
    return importer.importFolder(layout, name, platform, progress);
  }

  /**
   * Brings images here from a tar, plain or gzip, of an OCI layout or of {@code docker save}.
   *
   * @param tar read to the archive's end, not closed
   * @param name as with {@link #importFolder}
   * @throws Failure CORRUPTED for an archive that cannot be used; EXHAUSTED where it is larger than
   *     is allowed or the disk is full or nearly so; nothing is left then
   */
  public List<Image> importTar(
      InputStream tar, Optional<Reference.Tagged> name, Platform platform, PullProgress progress) {
    return importer.importTar(tar, name, platform, progress);
  }

  /**
   * @throws Failure INVALID_ARGUMENT for what can be no name, or for an ambiguous beginning of an
   *     id
   */
  public Optional<Image> find(String name) {
    return catalog.find(ImageName.parse(name));
  }

  /**
   * An image's config as it came, JSON (OCI image-spec, config.md).
   *
   * @param id as {@link Image#id} says it
   * @throws Failure NOT_FOUND
   */
  public String configJson(String id) {
    return Digest.find(id)
        .flatMap(content::find)
        .map(bytes -> new String(bytes, StandardCharsets.UTF_8))
        .orElseThrow(() -> Failure.notFound("image", id));
  }

  /** All images, by id. */
  public List<Image> list() {
    return catalog.images();
  }

  /**
   * Removes the image with all its tags and digests; layers that a lease keeps stay until it is
   * closed.
   *
   * @return whether it was here
   */
  public boolean remove(String name) {
    return catalog.remove(ImageName.parse(name));
  }

  /** Marks the image as one that automatic collection must leave, or no longer so. */
  public Image pin(String name, boolean pinned) {
    return catalog.pin(ImageName.parse(name), pinned);
  }

  /**
   * Opens an image's layers and keeps them.
   *
   * @param name a full id also finds an image that was removed while a lease was open; so what
   *     still runs from it can be adopted after a restart, before {@link #collect()}
   * @throws Failure NOT_FOUND; CORRUPTED where a layer is gone, which another pull mends
   */
  public ImageLease lease(String name) {
    Lease lease = catalog.lease(ImageName.parse(name));
    try {
      List<ConvertedLayer> found = new ArrayList<>();
      for (ImageLayer layer : lease.image().layers()) {
        found.add(layers.find(layer.diffId()).orElseThrow(() -> gone(name, layer)));
      }
      return new ImageLease(lease, found);
    } catch (RuntimeException error) {
      lease.close();
      throw error;
    }
  }

  private static Failure gone(String name, ImageLayer layer) {
    return Failure.corrupted(
        "image %s lacks its layer %s: pull it again".formatted(name, layer.diffId()));
  }

  /**
   * Deletes what no image and no lease needs, now and from now on by itself. To be called once
   * after a start, when the leases of what still runs are open again.
   */
  public void collect() {
    catalog.collect();
  }

  /** Cancels the pulls that run and waits for their end. */
  @Override
  public void close() {
    puller.close();
  }
}
