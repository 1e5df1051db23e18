package dev.beagle.node.config;

import dev.beagle.net.wire.IpPrefix;
import dev.beagle.node.config.ConfigKey.BadValue;
import dev.beagle.node.config.ConfigKey.ValueReader;
import dev.beagle.node.config.NodeConfig.LogLevel;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/** Every key of the configuration file with its default: the only place where they stand. */
final class ConfigKeys {
  static final ConfigKey<Path> ROOT =
      new ConfigKey<>(
          "root",
          "Folder for images and everything that survives a reboot.",
          "`/var/lib/beagle` as root on Linux, `~/.local/share/beagle` as another user,"
              + " `~/Library/Application Support/beagle` on macOS",
          Host::defaultRoot,
          ConfigKeys::absolutePath);

  static final ConfigKey<Path> RUN =
      new ConfigKey<>(
          "run",
          "Folder for sockets and records of what runs now; its path must be short (a socket's path"
              + " has about 100 bytes).",
          "`/run/beagle` as root on Linux, `$XDG_RUNTIME_DIR/beagle` as another user (or"
              + " `~/.beagle/run` without XDG_RUNTIME_DIR),"
              + " `~/.beagle/run` on macOS",
          Host::defaultRun,
          ConfigKeys::absolutePath);

  static final ConfigKey<String> SANDBOX_DEFAULT =
      new ConfigKey<>(
          "sandbox.default",
          "Sandbox kind of pods that name none (`namespaces`, `hvf`); `beagle doctor` says which"
              + " run here.",
          "the best that runs on this host",
          constant(""),
          ConfigKeys::sandboxKind);

  static final ConfigKey<String> OCI_RUNTIME =
      new ConfigKey<>(
          "sandbox.ociRuntime",
          "What makes containers on a Linux host: `crun`, `runc` or an absolute path to one of"
              + " them.",
          "`crun`",
          constant("crun"),
          ConfigKeys::ociRuntime);

  static final ConfigKey<Optional<Path>> GUEST_IMAGE =
      new ConfigKey<>(
          "sandbox.guestImage",
          "Folder with what micro-VMs boot: `Image` and `initramfs`.",
          "none",
          constant(Optional.empty()),
          text -> Optional.of(absolutePath(text)));

  static final ConfigKey<Optional<Path>> HYPERVISOR_LIBRARY =
      new ConfigKey<>(
          "sandbox.hypervisorLibrary",
          "A library in the place of Hypervisor.framework: hv-sim's, to try micro-VMs on Linux.",
          "none",
          constant(Optional.empty()),
          text -> Optional.of(absolutePath(text)));

  private static final String POD_CIDR_FORM =
      "an IPv4 network with a prefix of 8 to 28 bits and no host bits set, like 10.88.0.0/16";

  static final ConfigKey<String> POD_CIDR =
      new ConfigKey<>(
          "network.podCidr",
          "IPv4 network that pods get their addresses from, a prefix of 8 to 28 bits.",
          "`10.88.0.0/16`",
          constant("10.88.0.0/16"),
          ConfigKeys::podCidr);

  static final ConfigKey<Boolean> HOST_INTERFACE =
      new ConfigKey<>(
          "network.hostInterface",
          "Whether the host has an interface on the pod network and can dial pod addresses (a TAP"
              + " and a route; Linux, root).",
          "`true` as root on Linux, else `false`",
          host -> host.linux() && host.root(),
          ConfigKeys::onOff);

  static final ConfigKey<Optional<Path>> REGISTRY_CONFIG_PATH =
      new ConfigKey<>(
          "registry.configPath",
          "Folder with one `HOST/hosts.toml` per registry host, as containerd reads them.",
          "none",
          constant(Optional.empty()),
          text -> Optional.of(absolutePath(text)));

  static final ConfigKey<Long> MAX_LAYER_BYTES =
      new ConfigKey<>(
          "images.maxLayerBytes",
          "The most bytes that one image layer may unpack to; a number, or one with `MiB` or"
              + " `GiB`.",
          "`64GiB`",
          constant(64L << 30),
          ConfigKeys::byteCount);

  static final ConfigKey<LogLevel> LOG_LEVEL =
      new ConfigKey<>(
          "log.level",
          "The least severe level that is logged: `error`, `warn`, `info` or `debug`.",
          "`info`",
          constant(LogLevel.INFO),
          ConfigKeys::logLevel);

  static final List<ConfigKey<?>> ALL =
      List.of(
          ROOT,
          RUN,
          SANDBOX_DEFAULT,
          OCI_RUNTIME,
          GUEST_IMAGE,
          HYPERVISOR_LIBRARY,
          POD_CIDR,
          HOST_INTERFACE,
          REGISTRY_CONFIG_PATH,
          MAX_LAYER_BYTES,
          LOG_LEVEL);

  private static final Set<String> KINDS = Set.of("namespaces", "hvf");

  private ConfigKeys() {}

  private static <T> Function<Host, T> constant(T value) {
    return _ -> value;
  }

  private static Path absolutePath(String text) throws BadValue {
    try {
      Path path = Path.of(text);
      if (!text.isEmpty() && path.isAbsolute()) {
        return path.normalize();
      }
    } catch (InvalidPathException invalid) {
      // falls through to the one message: a NUL in a path is as wrong as a relative one
    }
    throw new BadValue("an absolute path");
  }

  private static String sandboxKind(String text) throws BadValue {
    if (!KINDS.contains(text)) {
      throw new BadValue("namespaces or hvf");
    }
    return text;
  }

  private static String ociRuntime(String text) throws BadValue {
    if (text.equals("crun") || text.equals("runc")) {
      return text;
    }
    ValueReader<Path> path = ConfigKeys::absolutePath;
    try {
      return path.read(text).toString();
    } catch (BadValue notAbsolute) {
      throw new BadValue("crun, runc or an absolute path");
    }
  }

  private static String podCidr(String text) throws BadValue {
    try {
      IpPrefix network = IpPrefix.parse(text);
      if (network.base().isIpv4() && network.length() >= 8 && network.length() <= 28) {
        return network.toString();
      }
    } catch (IllegalArgumentException wrong) {
      throw new BadValue(POD_CIDR_FORM);
    }
    throw new BadValue(POD_CIDR_FORM);
  }

  private static boolean onOff(String text) throws BadValue {
    return switch (text) {
      case "true" -> true;
      case "false" -> false;
      default -> throw new BadValue("true or false");
    };
  }

  private static long byteCount(String text) throws BadValue {
    int shift = text.endsWith("GiB") ? 30 : text.endsWith("MiB") ? 20 : 0;
    String digits = shift == 0 ? text : text.substring(0, text.length() - 3).strip();
    if (!digits.isEmpty() && digits.length() <= 15 && digits.chars().allMatch(Character::isDigit)) {
      long value = Long.parseLong(digits);
      if (value > 0 && value <= Long.MAX_VALUE >> shift) {
        return value << shift;
      }
    }
    throw new BadValue("a number of bytes above 0, like 68719476736, 512MiB or 64GiB");
  }

  private static LogLevel logLevel(String text) throws BadValue {
    try {
      return LogLevel.valueOf(text.toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException unknown) {
      throw new BadValue("error, warn, info or debug");
    }
  }
}
