package dev.beagle.runtime.machine;

import dev.beagle.time.Time;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A console by lines, each with when it came; tells what the parts of a boot took. Any thread
 * writes; read once the machine has ended.
 */
final class BootLog implements ConsoleOutput {
  private record Line(long atNanos, String text) {}

  private final Time time;
  private final long begin;
  private final ByteArrayOutputStream open = new ByteArrayOutputStream();
  private final List<Line> lines = new ArrayList<>();

  BootLog(Time time) {
    this.time = time;
    begin = time.nanos();
  }

  @Override
  public synchronized void accept(byte character) {
    if (character != '\n') {
      open.write(character);
      return;
    }
    String text = open.toString(StandardCharsets.UTF_8).stripTrailing();
    lines.add(new Line(time.nanos(), text));
    open.reset();
  }

  synchronized List<String> lines() {
    return lines.stream().map(Line::text).toList();
  }

  /** Milliseconds from the beginning to the first line that contains the text, and its name. */
  private String until(String name, String text) {
    return lines.stream()
        .filter(line -> line.text().contains(text))
        .findFirst()
        .map(line -> "%s %d ms".formatted(name, (line.atNanos() - begin) / 1_000_000))
        .orElse(name + " never");
  }

  /** All from the machine's making on. */
  synchronized String breakdown() {
    return String.join(
        ", ",
        until("first line", ""),
        until("init started", "Run /init as init process"),
        until("init speaks", "INIT cpus"),
        "off %d ms".formatted((time.nanos() - begin) / 1_000_000));
  }
}
