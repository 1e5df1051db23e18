package dev.beagle.image.registry;

import java.io.IOException;
import java.time.Duration;

/** A body that came too slowly; the message says how much came. */
final class SlowBodyException extends IOException {
  private static final long serialVersionUID = 1;

  SlowBodyException(long bytes, Duration within) {
    super("only %d bytes in %d s".formatted(bytes, within.toSeconds()));
  }
}
