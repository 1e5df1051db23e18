package dev.beagle.node.cli;

import dev.beagle.cri.v1.Mount;
import dev.beagle.cri.v1.PortMapping;
import dev.beagle.cri.v1.Protocol;
import dev.beagle.failure.Failure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads the values of {@code beagle run}'s options. Pure but for looking at mounted paths. */
final class RunOptions {
  private static final Pattern NAME = Pattern.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");
  private static final Pattern PORT =
      Pattern.compile(
          "(?:(\\[[0-9a-fA-F:]+]|[0-9.]+):)?(\\d{1,5}):(\\d{1,5})(?:/(tcp|udp|TCP|UDP))?");
  private static final Pattern VARIABLE = Pattern.compile("[^=\\x00]+");

  private RunOptions() {}

  /** {@code [ADDRESS:]HOST:CONTAINER[/tcp|/udp]}. */
  static PortMapping port(String text) {
    Matcher matcher = PORT.matcher(text);
    if (!matcher.matches()) {
      throw Failure.invalidArgument(
          "-p " + text + ": expected [ADDRESS:]HOST-PORT:CONTAINER-PORT[/tcp|/udp], like 8080:80");
    }
    String address = matcher.group(1) == null ? "" : matcher.group(1).replaceAll("[\\[\\]]", "");
    String protocol = matcher.group(4) == null ? "TCP" : matcher.group(4).toUpperCase(Locale.ROOT);
    return PortMapping.newBuilder()
        .setHostIp(address)
        .setHostPort(portNumber(text, matcher.group(2)))
        .setContainerPort(portNumber(text, matcher.group(3)))
        .setProtocol(Protocol.valueOf(protocol))
        .build();
  }

  private static int portNumber(String text, String digits) {
    int number = Integer.parseInt(digits);
    if (number < 1 || number > 65_535) {
      throw Failure.invalidArgument("-p " + text + ": a port is 1 to 65535");
    }
    return number;
  }

  /** {@code HOST:CONTAINER[:ro]}; a relative host path starts from the working folder. */
  static Mount mount(String text, Path workingFolder) {
    List<String> parts = List.of(text.split(":", -1));
    boolean readOnly = parts.size() == 3 && parts.get(2).equals("ro");
    boolean wellFormed =
        parts.size() == 2 || readOnly || (parts.size() == 3 && parts.get(2).equals("rw"));
    if (!wellFormed || parts.get(0).isEmpty() || !parts.get(1).startsWith("/")) {
      throw Failure.invalidArgument(
          "-v " + text + ": expected HOST-PATH:/PATH/IN/CONTAINER[:ro|:rw]");
    }
    Path host = workingFolder.resolve(parts.get(0)).normalize();
    if (!Files.exists(host)) {
      throw Failure.invalidArgument("-v " + text + ": " + host + " does not exist on this host");
    }
    return Mount.newBuilder()
        .setHostPath(host.toString())
        .setContainerPath(parts.get(1))
        .setReadonly(readOnly)
        .build();
  }

  /** {@code KEY=VALUE}, or {@code KEY} for the value it has here. */
  static Map<String, String> environment(List<String> texts, Map<String, String> own) {
    Map<String, String> environment = new LinkedHashMap<>();
    for (String text : texts) {
      int equals = text.indexOf('=');
      String key = equals < 0 ? text : text.substring(0, equals);
      if (!VARIABLE.matcher(key).matches()) {
        throw Failure.invalidArgument("-e " + text + ": expected KEY=VALUE or KEY");
      }
      if (equals >= 0) {
        environment.put(key, text.substring(equals + 1));
      } else if (own.containsKey(key)) {
        environment.put(key, own.getOrDefault(key, ""));
      }
    }
    return environment;
  }

  /** The name asked for, or one made from the image's. */
  static String name(String asked, String image, RandomGenerator random) {
    if (asked.isEmpty()) {
      return baseName(image) + "-" + HexFormat.of().toHexDigits((short) random.nextInt());
    }
    if (!NAME.matcher(asked).matches()) {
      throw Failure.invalidArgument(
          "--name " + asked + ": small letters, digits and - inside, at most 63 of them");
    }
    return asked;
  }

  private static String baseName(String image) {
    String path = image.replaceAll("@.*", "");
    String last = path.substring(path.lastIndexOf('/') + 1).replaceAll(":.*", "");
    String label = last.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-");
    String trimmed = label.replaceAll("^-+", "").replaceAll("-+$", "");
    return trimmed.isEmpty() ? "pod" : trimmed.substring(0, Math.min(40, trimmed.length()));
  }
}
