package dev.beagle.node.cli;

import dev.beagle.cri.v1.Image;
import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.node.client.Images;
import dev.beagle.node.embedded.EmbeddedImage;
import dev.beagle.node.output.Console;
import dev.beagle.node.output.Table;
import dev.beagle.node.output.Units;
import dev.beagle.time.Time;
import java.time.Duration;

/**
 * Pulls an image and shows that: on a terminal a line that moves, elsewhere one line at the end.
 * The CRI says nothing between the beginning and the end of a pull, so it is time that is shown.
 */
final class PullDisplay {
  private static final Duration TICK = Duration.ofMillis(100);
  private static final String FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏";

  /** No registry's: see {@link EmbeddedImage#REFERENCE}. */
  private static final String OWN = "beagle.local/";

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
  String pull(Images images, String reference) throws InterruptedException {
    if (reference.startsWith(OWN) && !reference.equals(EmbeddedImage.REFERENCE)) {
      throw Failure.of(
          FailureKind.NOT_FOUND,
          "image %s not found: this program carries %s"
              .formatted(Table.printable(reference), EmbeddedImage.REFERENCE));
    }
    long begin = time.nanos();
    Thread ticker = Thread.ofVirtual().unstarted(() -> tick(reference, begin));
    if (console.errTerminal()) {
      ticker.start();
    }
    String id;
    try {
      id = images.pull(reference);
    } finally {
      ticker.interrupt();
      ticker.join();
    }
    long size = images.find(reference).map(Image::getSize).orElse(0L);
    console.note(
        "pulled %s (%s) in %s"
            .formatted(reference, Units.bytes(size), Units.seconds(since(begin))));
    return id;
  }

  private void tick(String reference, long begin) {
    try {
      for (int frame = 0; ; frame++) {
        console.err().print("\r" + line(reference, frame, since(begin)));
        console.err().flush();
        time.sleep(TICK);
      }
    } catch (InterruptedException done) {
      console.err().print("\r" + " ".repeat(console.width() - 1) + "\r");
      console.err().flush();
    }
  }

  private String line(String reference, int frame, Duration elapsed) {
    String text =
        "%s pulling %s  %s"
            .formatted(FRAMES.charAt(frame % FRAMES.length()), reference, Units.seconds(elapsed));
    return text.substring(0, Math.min(text.length(), console.width() - 1));
  }

  private Duration since(long begin) {
    return Duration.ofNanos(time.nanos() - begin);
  }
}
