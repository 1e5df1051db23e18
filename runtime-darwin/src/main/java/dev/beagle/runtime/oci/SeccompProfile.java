package dev.beagle.runtime.oci;

import dev.beagle.failure.Failure;
import dev.beagle.runtime.pod.Seccomp;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The system call filter of a container as the runtime spec's {@code linux.seccomp}. The default
 * profile denies what a container has no business with: a list of allowed calls, widened by what
 * the container's capabilities are for.
 */
final class SeccompProfile {
  private static final int MAX_PROFILE_BYTES = 1 << 20;

  /** CLONE_NEW* of clone(2): NS, CGROUP, UTS, IPC, USER, PID, NET. */
  private static final long CLONE_NAMESPACES = 0x7E020000L;

  private static final int ENOSYS = 38;
  private static final int AF_ALG = 38;
  private static final int AF_VSOCK = 40;

  /** What personality(2) may switch to: Linux, SVR4-like flags, and the query. */
  private static final long[] PERSONALITIES = {0, 8, 0x20000, 0x20008, 0xffffffffL};

  private static final Map<String, List<String>> BY_CAPABILITY =
      Map.ofEntries(
          Map.entry("CAP_DAC_READ_SEARCH", List.of("open_by_handle_at")),
          Map.entry(
              "CAP_SYS_ADMIN",
              List.of(
                  "bpf",
                  "clone",
                  "clone3",
                  "fanotify_init",
                  "fsconfig",
                  "fsmount",
                  "fsopen",
                  "fspick",
                  "lookup_dcookie",
                  "mount",
                  "mount_setattr",
                  "move_mount",
                  "open_tree",
                  "perf_event_open",
                  "quotactl",
                  "quotactl_fd",
                  "setdomainname",
                  "sethostname",
                  "setns",
                  "syslog",
                  "umount",
                  "umount2",
                  "unshare")),
          Map.entry("CAP_SYS_BOOT", List.of("reboot")),
          Map.entry("CAP_SYS_CHROOT", List.of("chroot")),
          Map.entry("CAP_SYS_MODULE", List.of("delete_module", "init_module", "finit_module")),
          Map.entry("CAP_SYS_PACCT", List.of("acct")),
          Map.entry("CAP_SYS_PTRACE", List.of("kcmp", "pidfd_getfd", "process_madvise")),
          Map.entry("CAP_SYS_RAWIO", List.of("iopl", "ioperm")),
          Map.entry(
              "CAP_SYS_TIME", List.of("settimeofday", "stime", "clock_settime", "clock_settime64")),
          Map.entry("CAP_SYS_TTY_CONFIG", List.of("vhangup")),
          Map.entry(
              "CAP_SYS_NICE",
              List.of("get_mempolicy", "mbind", "set_mempolicy", "set_mempolicy_home_node")),
          Map.entry("CAP_SYSLOG", List.of("syslog")),
          Map.entry("CAP_BPF", List.of("bpf")),
          Map.entry("CAP_PERFMON", List.of("perf_event_open")));

  private static final List<String> ALLOWED = readAllowed();

  private final ObjectMapper json;

  SeccompProfile(ObjectMapper json) {
    this.json = json;
  }

  /** Empty for no filter. */
  Optional<JsonNode> of(Seccomp seccomp, Set<String> capabilities, String architecture) {
    return switch (seccomp) {
      case Seccomp.Unconfined() -> Optional.empty();
      case Seccomp.RuntimeDefault() -> Optional.of(standard(capabilities, architecture));
      case Seccomp.Localhost(String path) -> Optional.of(fromFile(Path.of(path)));
    };
  }

  private JsonNode fromFile(Path path) {
    try {
      if (Files.size(path) > MAX_PROFILE_BYTES) {
        throw Failure.invalidArgument("seccomp profile " + path + " is larger than 1 MiB");
      }
      JsonNode profile = json.readTree(Files.readString(path));
      if (!profile.isObject() || !profile.has("defaultAction")) {
        throw Failure.invalidArgument(
            "seccomp profile "
                + path
                + " has no defaultAction: it must be linux.seccomp of the"
                + " OCI runtime spec");
      }
      return profile;
    } catch (NoSuchFileException missing) {
      throw Failure.notFound("seccomp profile", path);
    } catch (IOException | JacksonException error) {
      throw Failure.invalidArgument(
          "seccomp profile " + path + " cannot be read: " + error.getMessage());
    }
  }

  private JsonNode standard(Set<String> capabilities, String architecture) {
    ObjectNode profile = json.createObjectNode();
    profile.put("defaultAction", "SCMP_ACT_ERRNO");
    ArrayNode architectures = profile.putArray("architectures");
    List<String> names =
        architecture.equals("arm64")
            ? List.of("SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM")
            : List.of("SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32");
    names.forEach(architectures::add);
    ArrayNode rules = profile.putArray("syscalls");
    TreeSet<String> allowed = new TreeSet<>(ALLOWED);
    for (String capability : capabilities) {
      allowed.addAll(BY_CAPABILITY.getOrDefault(capability, List.of()));
    }
    allow(rules, allowed);
    // Rules of one call are joined by OR, so the two refused families are cut out as ranges.
    argument(allow(rules, Set.of("socket")), 0, AF_ALG, "SCMP_CMP_LT");
    argument(allow(rules, Set.of("socket")), 0, AF_ALG + 1, "SCMP_CMP_EQ");
    argument(allow(rules, Set.of("socket")), 0, AF_VSOCK, "SCMP_CMP_GT");
    for (long personality : PERSONALITIES) {
      argument(allow(rules, Set.of("personality")), 0, personality, "SCMP_CMP_EQ");
    }
    if (!capabilities.contains("CAP_SYS_ADMIN")) {
      ObjectNode clone = allow(rules, Set.of("clone"));
      argument(clone, 0, CLONE_NAMESPACES, "SCMP_CMP_MASKED_EQ").put("valueTwo", 0);
      // clone3's flags are behind a pointer: libc falls back to clone on ENOSYS.
      rule(rules, Set.of("clone3"), "SCMP_ACT_ERRNO").put("errnoRet", ENOSYS);
    }
    return profile;
  }

  private static ObjectNode allow(ArrayNode rules, Set<String> names) {
    return rule(rules, names, "SCMP_ACT_ALLOW");
  }

  private static ObjectNode rule(ArrayNode rules, Set<String> names, String action) {
    ObjectNode rule = rules.addObject();
    ArrayNode list = rule.putArray("names");
    names.forEach(list::add);
    rule.put("action", action);
    return rule;
  }

  private static ObjectNode argument(ObjectNode rule, int index, long value, String comparison) {
    ArrayNode arguments = rule.putArray("args");
    return arguments.addObject().put("index", index).put("value", value).put("op", comparison);
  }

  private static List<String> readAllowed() {
    try (InputStream resource = SeccompProfile.class.getResourceAsStream("seccomp-default.txt")) {
      if (resource == null) {
        throw new IllegalStateException("seccomp-default.txt is not in the jar");
      }
      return new String(resource.readAllBytes(), StandardCharsets.US_ASCII).lines().toList();
    } catch (IOException error) {
      throw new IllegalStateException(error);
    }
  }
}
