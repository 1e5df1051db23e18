package dev.beagle.runtime.microvm;

import dev.beagle.failure.Failure;
import dev.beagle.runtime.launch.MachineEnd;
import dev.beagle.runtime.launch.MachineLauncher;
import dev.beagle.runtime.world.WorldRecord;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/** What people are told of a machine that ended, or did not come up. */
final class MachineLog {
  private static final int LINES = 5;
  private static final int TAIL_LINES = 60;

  /** Of the line by which Linux says what it died of, many lines of registers before the last. */
  private static final String PANIC = "Kernel panic - not syncing";

  private MachineLog() {}

  /** Why it ended; with the console's last lines where it was the guest, and not in order. */
  static String endOf(WorldRecord record) {
    MachineEnd end;
    try {
      end = MachineLauncher.endOf(Path.of(record.folder()));
    } catch (Failure unreadable) {
      return unreadable.reason(); // it has ended all the same
    }
    return switch (end.kind()) {
      case OFF, STOPPED, KILLED -> end.reason();
      case RESET, CRASHED, FAILED -> end.reason() + "; " + lastLines(record);
    };
  }

  /** Of the console, on one line: those up to the panic's if there is one, for they say more. */
  static String lastLines(WorldRecord record) {
    try {
      List<String> lines = console(record);
      int end = lines.size();
      while (end > 0 && !lines.get(end - 1).contains(PANIC)) {
        end--;
      }
      boolean panic = end > 0;
      end = panic ? end : lines.size();
      String shown = String.join(" | ", lines.subList(Math.max(0, end - LINES), end));
      return lines.isEmpty()
          ? "its console shows nothing"
          : "its console ends with: "
              + Failure.shown(end < lines.size() ? shown + " | ..." : shown);
    } catch (IOException none) {
      return "it left no console";
    }
  }

  /** Some of the console's last lines; none where there is no console. */
  static List<String> tail(WorldRecord record) {
    try {
      List<String> lines = console(record);
      return lines.subList(Math.max(0, lines.size() - TAIL_LINES), lines.size());
    } catch (IOException none) {
      return List.of();
    }
  }

  private static List<String> console(WorldRecord record) throws IOException {
    byte[] bytes = MachineLauncher.console(Path.of(record.folder()));
    return new String(bytes, StandardCharsets.ISO_8859_1)
        .lines()
        .filter(line -> !line.isBlank())
        .toList();
  }
}
