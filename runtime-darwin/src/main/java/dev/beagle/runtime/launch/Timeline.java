package dev.beagle.runtime.launch;

import dev.beagle.time.Time;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;

/**
 * What a machine's start took, in its folder: a line a step, with milliseconds since the process
 * was started. For one thread.
 */
final class Timeline {
  private final Time time;
  private final Instant begin;
  private final StringBuilder steps = new StringBuilder();

  Timeline(Time time) {
    this.time = time;
    begin = ProcessHandle.current().info().startInstant().orElseGet(time::now);
  }

  void reached(String step) {
    long millis = Duration.between(begin, time.now()).toMillis();
    steps.append(step).append(' ').append(millis).append('\n');
  }

  void write(Path file) throws IOException {
    Files.writeString(file, steps);
  }
}
