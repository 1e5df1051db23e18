package dev.beagle.node.cli;

import dev.beagle.cri.node.v1.LayerProgress;
import dev.beagle.cri.node.v1.LayerState;
import dev.beagle.cri.node.v1.PullProgress;
import dev.beagle.cri.v1.Image;
import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.node.client.Images;
import dev.beagle.node.embedded.EmbeddedImage;
import dev.beagle.node.output.Console;
import dev.beagle.node.output.Units;
import dev.beagle.time.Time;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;

/**
 * Pulls an image and shows that: on a terminal a bar that moves, elsewhere a line for each layer
 * that has come.
 */
final class PullDisplay {
  /** No registry's: see {@link EmbeddedImage#REFERENCE}. */
  private static final String OWN = "beagle.local/";

  private static final int SHOWN_DIGEST = 12;

  private final Console console;
  private final Time time;

  PullDisplay(Console console, Time time) {
    this.console = console;
    this.time = time;
  }

  /**
   * Returns the image's id.
   *
   * @throws Failure of the daemon; NOT_FOUND when the name is one of ours and no image's
   */
  String pull(Images images, String reference) {
    if (reference.startsWith(OWN) && !reference.equals(EmbeddedImage.REFERENCE)) {
      throw Failure.of(
          FailureKind.NOT_FOUND,
          "image %s not found: this program carries %s"
              .formatted(Failure.printable(reference), EmbeddedImage.REFERENCE));
    }
    long begin = time.nanos();
    String id = console.errTerminal() ? withBar(images, reference) : withLines(images, reference);
    long size = images.find(reference).map(Image::getSize).orElse(0L);
    console.note(
        "pulled %s (%s) in %s"
            .formatted(
                reference,
                Units.bytes(size),
                Units.seconds(Duration.ofNanos(time.nanos() - begin))));
    return id;
  }

  private String withBar(Images images, String reference) {
    try (PullBar bar = PullBar.open(console, time, reference)) {
      return images.pull(reference, bar::show);
    }
  }

  private String withLines(Images images, String reference) {
    Set<String> told = new HashSet<>();
    return images.pull(reference, progress -> tell(progress, told));
  }

  private void tell(PullProgress progress, Set<String> told) {
    for (LayerProgress layer : progress.getLayersList()) {
      if (layer.getState() == LayerState.LAYER_STATE_DONE && told.add(layer.getDigest())) {
        console.note(
            "layer %s (%s) is here, %d of %d"
                .formatted(
                    abbreviated(layer.getDigest()),
                    Units.bytes(layer.getBytesExpected()),
                    told.size() + present(progress),
                    progress.getLayersCount()));
      }
    }
  }

  private static long present(PullProgress progress) {
    return progress.getLayersList().stream()
        .filter(layer -> layer.getState() == LayerState.LAYER_STATE_PRESENT)
        .count();
  }

  private static String abbreviated(String digest) {
    String hex = digest.substring(digest.indexOf(':') + 1);
    return hex.substring(0, Math.min(SHOWN_DIGEST, hex.length()));
  }
}
