package dev.beagle.runtime.launch;

import dev.beagle.time.Time;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * When a machine's start reached what, in its folder: a line a step, with milliseconds since the
 * epoch. For one thread.
 */
final class Timeline {
  private final Time time;
  private final StringBuilder steps = new StringBuilder();

  Timeline(Time time) {
    this.time = time;
  }

  void reached(String step) {
    steps.append(step).append(' ').append(time.now().toEpochMilli()).append('\n');
  }

  void write(Path file) throws IOException {
    Files.writeString(file, steps);
  }
}
