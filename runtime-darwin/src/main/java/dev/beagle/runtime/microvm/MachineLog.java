package dev.beagle.runtime.microvm;

import dev.beagle.failure.Failure;
import dev.beagle.runtime.launch.MachineEnd;
import dev.beagle.runtime.launch.MachineLauncher;
import dev.beagle.runtime.world.WorldRecord;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What people are told of a machine that ended, or did not come up. */
final class MachineLog {
  private static final int LINES = 5;

  /** Of the line by which Linux says what it died of, many lines of registers before the last. */
  private static final String PANIC = "Kernel panic";

  private MachineLog() {}

  /** Why it ended; with the console's last lines where the guest did not turn it off in order. */
  static String endOf(WorldRecord record) {
    MachineEnd end = MachineLauncher.endOf(Path.of(record.folder()));
    return end.kind() == MachineEnd.Kind.OFF || end.kind() == MachineEnd.Kind.STOPPED
        ? end.reason()
        : end.reason() + "; " + lastLines(record);
  }

  /** Of the console, on one line, after the panic's if there is one. */
  static String lastLines(WorldRecord record) {
    try {
      List<String> lines =
          new String(MachineLauncher.console(Path.of(record.folder())), StandardCharsets.ISO_8859_1)
              .lines()
              .filter(line -> !line.isBlank())
              .toList();
      int first = Math.max(0, lines.size() - LINES);
      Stream<String> panic =
          lines.subList(0, first).reversed().stream()
              .filter(line -> line.contains(PANIC))
              .limit(1)
              .map(line -> line + " | ...");
      Stream<String> last = lines.subList(first, lines.size()).stream();
      return lines.isEmpty()
          ? "its console shows nothing"
          : "its console ends with: "
              + Failure.shown(Stream.concat(panic, last).collect(Collectors.joining(" | ")));
    } catch (IOException none) {
      return "it left no console";
    }
  }
}
