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

  private MachineLog() {}

  /** Why it ended; with the console's last lines where the guest did not turn it off in order. */
  static String endOf(WorldRecord record) {
    MachineEnd end = MachineLauncher.endOf(Path.of(record.folder()));
    return end.kind() == MachineEnd.Kind.OFF || end.kind() == MachineEnd.Kind.STOPPED
        ? end.reason()
        : end.reason() + "; " + lastLines(record);
  }

  /** Of the console, on one line. */
  static String lastLines(WorldRecord record) {
    try {
      List<String> lines =
          new String(MachineLauncher.console(Path.of(record.folder())), StandardCharsets.ISO_8859_1)
              .lines()
              .filter(line -> !line.isBlank())
              .toList();
      List<String> last = lines.subList(Math.max(0, lines.size() - LINES), lines.size());
      return lines.isEmpty()
          ? "its console shows nothing"
          : "its console ends with: " + Failure.shown(String.join(" | ", last));
    } catch (IOException none) {
      return "it left no console";
    }
  }
}
