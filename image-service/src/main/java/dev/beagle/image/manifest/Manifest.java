package dev.beagle.image.manifest;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.image.reference.Platform;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** What a reference resolves to: one image, or one image per platform. */
public sealed interface Manifest {
  /** The largest index, manifest or config that is read, in bytes; containerd's limit too. */
  int MAX_BYTES = 8 << 20;

  /** One image (OCI image-spec, manifest.md). Layers lowest first. */
  record ImageManifest(Descriptor config, List<Descriptor> layers) implements Manifest {
    /** No kernel mounts more lower layers in one overlay. */
    public static final int MAX_LAYERS = 500;

    public ImageManifest {
      layers = List.copyOf(layers);
      if (layers.size() > MAX_LAYERS) {
        throw Failure.unsupported(
            "the image has %d layers, more than %d".formatted(layers.size(), MAX_LAYERS));
      }
    }
  }

  /** Images of several platforms (OCI image-spec, image-index.md). */
  record ImageIndex(List<Descriptor> manifests) implements Manifest {
    private static final int SHOWN_PLATFORMS = 12;

    public ImageIndex {
      manifests = List.copyOf(manifests);
    }

    /**
     * The entry that suits the platform best; of equals the first. An entry without platform is
     * taken only where nothing else suits, because what it holds is known only once it is read.
     *
     * @throws Failure NOT_FOUND naming the platforms that are offered
     */
    public Descriptor choose(Platform wanted) {
      Optional<Descriptor> best = Optional.empty();
      int bestSuitability = 0;
      for (Descriptor entry : manifests) {
        int suitability = entry.platform().map(wanted::suitability).orElse(0);
        if (suitability > bestSuitability) {
          best = Optional.of(entry);
          bestSuitability = suitability;
        }
      }
      return best.or(this::withoutPlatform)
          .orElseThrow(() -> Failure.of(FailureKind.NOT_FOUND, nothingFor(wanted)));
    }

    private Optional<Descriptor> withoutPlatform() {
      return manifests.stream()
          .filter(entry -> entry.platform().isEmpty())
          .filter(entry -> entry.mediaType().isManifest() || entry.mediaType().isIndex())
          .findFirst();
    }

    private String nothingFor(Platform wanted) {
      String offered =
          manifests.stream()
              .flatMap(entry -> entry.platform().stream())
              .map(Platform::toString)
              .distinct()
              .limit(SHOWN_PLATFORMS)
              .collect(Collectors.joining(", "));
      return "the image has no variant for %s, only for: %s"
          .formatted(wanted, offered.isEmpty() ? "nothing" : offered);
    }
  }
}
