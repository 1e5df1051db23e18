package dev.beagle.runtime.stdio;

/**
 * How a process ended.
 *
 * @param code 0 to 255; 128 + n when signal n ended it
 * @param oomKilled whether the kernel's out-of-memory killer struck in the container's cgroup
 */
public record ExitStatus(int code, boolean oomKilled) {
  public ExitStatus {
    if (code < 0 || code > 255) {
      throw new IllegalArgumentException("exit code " + code);
    }
  }
}
