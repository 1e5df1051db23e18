package dev.beagle.runtime.oci;

import dev.beagle.failure.Failure;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

/** Which capabilities a container gets (capabilities(7)). */
final class Capabilities {
  /** In the kernel's order: bit 0 first. */
  private static final List<String> ALL =
      List.of(
          "CAP_CHOWN",
          "CAP_DAC_OVERRIDE",
          "CAP_DAC_READ_SEARCH",
          "CAP_FOWNER",
          "CAP_FSETID",
          "CAP_KILL",
          "CAP_SETGID",
          "CAP_SETUID",
          "CAP_SETPCAP",
          "CAP_LINUX_IMMUTABLE",
          "CAP_NET_BIND_SERVICE",
          "CAP_NET_BROADCAST",
          "CAP_NET_ADMIN",
          "CAP_NET_RAW",
          "CAP_IPC_LOCK",
          "CAP_IPC_OWNER",
          "CAP_SYS_MODULE",
          "CAP_SYS_RAWIO",
          "CAP_SYS_CHROOT",
          "CAP_SYS_PTRACE",
          "CAP_SYS_PACCT",
          "CAP_SYS_ADMIN",
          "CAP_SYS_BOOT",
          "CAP_SYS_NICE",
          "CAP_SYS_RESOURCE",
          "CAP_SYS_TIME",
          "CAP_SYS_TTY_CONFIG",
          "CAP_MKNOD",
          "CAP_LEASE",
          "CAP_AUDIT_WRITE",
          "CAP_AUDIT_CONTROL",
          "CAP_SETFCAP",
          "CAP_MAC_OVERRIDE",
          "CAP_MAC_ADMIN",
          "CAP_SYSLOG",
          "CAP_WAKE_ALARM",
          "CAP_BLOCK_SUSPEND",
          "CAP_AUDIT_READ",
          "CAP_PERFMON",
          "CAP_BPF",
          "CAP_CHECKPOINT_RESTORE");

  private static final List<String> DEFAULT =
      List.of(
          "CAP_CHOWN",
          "CAP_DAC_OVERRIDE",
          "CAP_FSETID",
          "CAP_FOWNER",
          "CAP_MKNOD",
          "CAP_NET_RAW",
          "CAP_SETGID",
          "CAP_SETUID",
          "CAP_SETFCAP",
          "CAP_SETPCAP",
          "CAP_NET_BIND_SERVICE",
          "CAP_SYS_CHROOT",
          "CAP_KILL",
          "CAP_AUDIT_WRITE");

  private Capabilities() {}

  /**
   * The default set changed in containerd's order: add ALL, drop ALL, single additions, single
   * drops.
   *
   * @param possible a mask of what this world has to give (CapBnd of proc_pid_status(5))
   */
  static Set<String> granted(
      boolean privileged, List<String> add, List<String> drop, long possible) {
    TreeSet<String> result = new TreeSet<>(DEFAULT);
    if (privileged || add.contains("ALL")) {
      result.addAll(ALL);
    }
    if (!privileged && drop.contains("ALL")) {
      result.clear();
    }
    if (!privileged) {
      add.stream()
          .filter(name -> !name.equals("ALL"))
          .map(Capabilities::known)
          .forEach(result::add);
      drop.stream()
          .filter(name -> !name.equals("ALL"))
          .map(Capabilities::known)
          .forEach(result::remove);
    }
    result.removeIf(name -> (possible >> ALL.indexOf(name) & 1) == 0);
    return result;
  }

  private static String known(String name) {
    String upper = name.toUpperCase(Locale.ROOT);
    String full = upper.startsWith("CAP_") ? upper : "CAP_" + upper;
    if (!ALL.contains(full)) {
      throw Failure.invalidArgument("unknown capability " + name + "; see capabilities(7)");
    }
    return full;
  }
}
