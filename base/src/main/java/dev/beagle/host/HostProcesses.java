package dev.beagle.host;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** What the JDK does not say of processes. */
public final class HostProcesses {
  private HostProcesses() {}

  /**
   * Whether the process still runs. One that has ended and was not reaped by its parent (a PID 1
   * that reaps nobody is usual in containers) does not, although the kernel and the JDK know it.
   */
  public static boolean runs(ProcessHandle process) {
    return process.isAlive() && !isZombie(process.pid());
  }

  /** Whether it has ended; false where that cannot be told (no /proc). */
  public static boolean isZombie(long pid) {
    Path folder = Path.of("/proc/" + pid);
    if (!Files.isDirectory(Path.of("/proc/self"))) {
      return false;
    }
    try {
      return isZombie(Files.readString(folder.resolve("stat"), StandardCharsets.ISO_8859_1));
    } catch (IOException gone) {
      // Or we have no descriptors left, which says nothing of the process.
      return !Files.exists(folder);
    }
  }

  /** The state is what follows the name, which may hold anything (proc_pid_stat(5)). */
  static boolean isZombie(String stat) {
    int state = stat.lastIndexOf(')') + 2;
    return state >= stat.length() || stat.charAt(state) == 'Z' || stat.charAt(state) == 'X';
  }
}
