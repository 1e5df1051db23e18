package dev.beagle.image.pull;

import dev.beagle.failure.Failure;
import dev.beagle.image.catalog.Image;
import dev.beagle.image.content.DurableFiles;
import dev.beagle.image.manifest.Descriptor;
import dev.beagle.image.manifest.DockerArchiveJson;
import dev.beagle.image.manifest.DockerArchiveJson.SavedImage;
import dev.beagle.image.manifest.Manifest;
import dev.beagle.image.manifest.Manifest.ImageIndex;
import dev.beagle.image.manifest.ManifestJson;
import dev.beagle.image.reference.Digest;
import dev.beagle.image.reference.MediaType;
import dev.beagle.image.reference.Platform;
import dev.beagle.image.reference.Reference;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Brings images here from archives: OCI layouts, as folders or tars, and what {@code docker save}
 * writes. Checked as what comes from registries. Thread-safe.
 */
final class ImageImporter {
  private static final String OCI_INDEX = "index.json";
  private static final String DOCKER_INDEX = "manifest.json";
  private static final List<String> NAME_ANNOTATIONS =
      List.of("io.containerd.image.name", "org.opencontainers.image.ref.name");

  private final ImageAssembly assembly;
  private final Path spool;
  private final long limitBytes;
  private final DiskFloor floor;

  /**
   * @param spool a folder of ours for archives that are being read; swept
   * @param limitBytes of one archive's files
   * @param floor of the spool's file system
   */
  ImageImporter(ImageAssembly assembly, Path spool, long limitBytes, DiskFloor floor) {
    this.assembly = assembly;
    this.limitBytes = limitBytes;
    this.floor = floor;
    FileTrees.delete(spool);
    this.spool = DurableFiles.createFolder(spool);
  }

  /** From a folder with an OCI layout. */
  List<Image> importFolder(
      Path folder, Optional<Reference.Tagged> name, Platform platform, PullProgress progress) {
    try (ArchiveFiles files = ArchiveFiles.ofFolder(folder)) {
      return importFrom(files, name, platform, progress);
    }
  }

  /** From a tar, plain or gzip, of either format. */
  List<Image> importTar(
      InputStream tar, Optional<Reference.Tagged> name, Platform platform, PullProgress progress) {
    Path folder;
    try {
      folder = Files.createTempDirectory(spool, "archive");
    } catch (IOException error) {
      throw DurableFiles.failure("create a folder in", spool, error);
    }
    try (ArchiveFiles files = ArchiveFiles.spool(tar, folder, limitBytes, floor)) {
      return importFrom(files, name, platform, progress);
    }
  }

  private List<Image> importFrom(
      ArchiveFiles files,
      Optional<Reference.Tagged> name,
      Platform platform,
      PullProgress progress) {
    if (files.find(OCI_INDEX).isPresent()) {
      return importLayout(files, name, platform, progress);
    }
    if (files.find(DOCKER_INDEX).isPresent()) {
      return importSaved(files, name, platform, progress);
    }
    throw Failure.corrupted(
        "the image archive has neither %s (OCI layout) nor %s (docker save)"
            .formatted(OCI_INDEX, DOCKER_INDEX));
  }

  private List<Image> importLayout(
      ArchiveFiles files,
      Optional<Reference.Tagged> name,
      Platform platform,
      PullProgress progress) {
    Manifest root =
        ManifestJson.parse(files.read(OCI_INDEX, Manifest.MAX_BYTES), MediaType.OCI_INDEX);
    if (!(root instanceof ImageIndex index)) {
      throw Failure.corrupted("the image archive's " + OCI_INDEX + " is no index");
    }
    List<Image> images = new ArrayList<>();
    if (name.isPresent()) {
      images.add(assemble(files, index.choose(platform), List.of(name.get()), platform, progress));
      return images;
    }
    for (Descriptor entry : index.manifests()) {
      Optional<Reference.Tagged> own = nameOf(entry);
      if (own.isPresent()) {
        images.add(assemble(files, entry, List.of(own.get()), platform, progress));
      }
    }
    return requireSome(images);
  }

  private Image assemble(
      ArchiveFiles files,
      Descriptor entry,
      List<Reference.Tagged> tags,
      Platform platform,
      PullProgress progress) {
    return assembly.assemble(
        new OciLayoutSource(files, entry), platform, target -> withDigests(tags, target), progress);
  }

  /** A bare tag, as some tools write, names no repository. */
  private static Optional<Reference.Tagged> nameOf(Descriptor entry) {
    return NAME_ANNOTATIONS.stream()
        .map(annotation -> entry.annotations().getOrDefault(annotation, ""))
        .filter(text -> text.contains("/") || text.contains(":"))
        .flatMap(text -> Reference.find(text).stream())
        .filter(Reference.Tagged.class::isInstance)
        .map(Reference.Tagged.class::cast)
        .findFirst();
  }

  private List<Image> importSaved(
      ArchiveFiles files,
      Optional<Reference.Tagged> name,
      Platform platform,
      PullProgress progress) {
    List<SavedImage> saved = DockerArchiveJson.parse(files.read(DOCKER_INDEX, Manifest.MAX_BYTES));
    if (name.isPresent() && saved.size() != 1) {
      throw Failure.invalidArgument(
          "the archive holds %d images, so %s cannot name one".formatted(saved.size(), name.get()));
    }
    List<Image> images = new ArrayList<>();
    for (SavedImage image : saved) {
      List<Reference> tags = new ArrayList<>();
      if (name.isPresent()) {
        tags.add(name.get());
      } else {
        image.tags().forEach(tag -> tags.add(Reference.parse(tag)));
      }
      if (!tags.isEmpty()) {
        // A manifest of our making is no digest that anybody else would know.
        images.add(
            assembly.assemble(
                new DockerArchiveSource(files, image), platform, _ -> tags, progress));
      }
    }
    return requireSome(images);
  }

  private static List<Image> requireSome(List<Image> images) {
    if (images.isEmpty()) {
      throw Failure.invalidArgument("the archive names none of its images: give a name");
    }
    return images;
  }

  private static List<Reference> withDigests(List<Reference.Tagged> tags, Digest target) {
    List<Reference> names = new ArrayList<>(tags);
    tags.stream()
        .map(tag -> new Reference.Digested(tag.repository(), target))
        .distinct()
        .forEach(names::add);
    return names;
  }
}
