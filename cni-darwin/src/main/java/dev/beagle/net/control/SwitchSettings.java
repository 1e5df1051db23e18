package dev.beagle.net.control;

import dev.beagle.failure.Failure;
import dev.beagle.net.wire.IpPrefix;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What a switch is started with.
 *
 * @param folder where its sockets, lock and records are; made with mode 0700
 * @param podRange addresses of the segment; the first is the gateway's, the second the host
 *     interface's
 * @param mtu of the ports
 * @param resolverFile the host's resolv.conf
 */
public record SwitchSettings(Path folder, IpPrefix podRange, int mtu, Path resolverFile) {
  public static final IpPrefix DEFAULT_POD_RANGE = IpPrefix.parse("10.88.0.0/16");
  public static final int DEFAULT_MTU = 1500;
  public static final Path DEFAULT_RESOLVER_FILE = Path.of("/etc/resolv.conf");

  public SwitchSettings {
    if (mtu < 576 || mtu > 65_521) {
      throw Failure.invalidArgument("mtu " + mtu + " is not from 576 to 65521");
    }
  }

  /** The usual range, MTU and resolvers. */
  public static SwitchSettings inFolder(Path folder) {
    return new SwitchSettings(folder, DEFAULT_POD_RANGE, DEFAULT_MTU, DEFAULT_RESOLVER_FILE);
  }

  public Path portSocket() {
    return folder.resolve("port.sock");
  }

  public Path controlSocket() {
    return folder.resolve("control.sock");
  }

  Path stateFile() {
    return folder.resolve("state.json");
  }

  Path lockFile() {
    return folder.resolve("lock");
  }

  Path logFile() {
    return folder.resolve("log");
  }

  /** What the switch before wrote: why it ended stands there. */
  Path previousLogFile() {
    return folder.resolve("log.old");
  }

  List<String> toArguments() {
    return List.of(
        "--folder", folder.toString(),
        "--pods", podRange.toString(),
        "--mtu", Integer.toString(mtu),
        "--resolv-conf", resolverFile.toString());
  }

  static SwitchSettings fromArguments(String[] arguments) {
    Map<String, String> options = new HashMap<>();
    List<String> known = new ArrayList<>(List.of("--folder", "--pods", "--mtu", "--resolv-conf"));
    for (int i = 0; i < arguments.length; i += 2) {
      if (!known.remove(arguments[i]) || i + 1 == arguments.length) {
        throw Failure.invalidArgument(
            "option '"
                + arguments[i]
                + "': usage: --folder DIR [--pods RANGE] [--mtu N] [--resolv-conf FILE]");
      }
      options.put(arguments[i], arguments[i + 1]);
    }
    String folder = options.get("--folder");
    if (folder == null) {
      throw Failure.invalidArgument("option '--folder' is missing");
    }
    try {
      return new SwitchSettings(
          Path.of(folder).toAbsolutePath(),
          IpPrefix.parse(options.getOrDefault("--pods", DEFAULT_POD_RANGE.toString())),
          Integer.parseInt(options.getOrDefault("--mtu", Integer.toString(DEFAULT_MTU))),
          Path.of(options.getOrDefault("--resolv-conf", DEFAULT_RESOLVER_FILE.toString())));
    } catch (IllegalArgumentException wrong) {
      throw Failure.of(
          dev.beagle.failure.FailureKind.INVALID_ARGUMENT,
          String.valueOf(wrong.getMessage()),
          wrong);
    }
  }
}
