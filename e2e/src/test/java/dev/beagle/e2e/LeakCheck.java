package dev.beagle.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What exists on the tests' machine because of a node: processes, mounts, loop devices, cgroups,
 * links, addresses, routes, listening sockets, and the files below the node's folders. A check
 * remembers what there was; afterwards there may be less, but nothing more.
 */
final class LeakCheck {
  /** Lazy unmounts, autoclear of loop devices and reaping take a moment. */
  private static final Duration SETTLED = Duration.ofSeconds(10);

  /**
   * A loopback port from the kernel's own range (32768 to 60999): whoever starts again gets
   * another.
   */
  private static final Pattern EPHEMERAL =
      Pattern.compile("^(0100007F|0{24}0100007F|0{16}FFFF00000100007F):[89A-E][0-9A-F]{3}$");

  private final Node node;
  private final boolean images;
  private final Map<String, List<String>> before;

  private LeakCheck(Node node, boolean images) {
    this.node = node;
    this.images = images;
    this.before = look();
  }

  /** Remembers what there is now, files included: the test may not pull images. */
  static LeakCheck of(Node node) {
    return new LeakCheck(node, false);
  }

  /** As {@link #of}, for tests that pull: files below ROOT may come. */
  static LeakCheck ofAllButImages(Node node) {
    return new LeakCheck(node, true);
  }

  /** Fails with a list, by kind, of what is there now and was not. */
  void nothingLeft() {
    await("nothing left behind")
        .atMost(SETTLED)
        .pollInterval(Duration.ofMillis(100))
        .untilAsserted(() -> assertThat(more()).as("left behind").isEmpty());
  }

  private Map<String, List<String>> more() {
    Map<String, List<String>> more = new LinkedHashMap<>();
    look()
        .forEach((kind, now) -> {
          List<String> rest = new ArrayList<>(now);
          before.getOrDefault(kind, List.of()).forEach(rest::remove);
          if (!rest.isEmpty()) {
            more.put(kind, rest);
          }
        });
    return more;
  }

  private Map<String, List<String>> look() {
    Map<String, List<String>> seen = new LinkedHashMap<>();
    seen.put("processes", Processes.all().stream().map(Processes.Seen::command).toList());
    seen.put("mounts", Mounts.described());
    seen.put("loop devices", loops());
    seen.put("cgroups", cgroups());
    seen.put(
        "links",
        output("ip", "-o", "link")
            .map(line -> line.split(":", -1)[1].strip().split("@", -1)[0])
            .toList());
    seen.put(
        "addresses",
        output("ip", "-o", "address")
            .map(line ->
                line.replaceAll(" +", " ").replaceAll("valid_lft.*", "").replaceAll("^\\d+: ", ""))
            .toList());
    seen.put(
        "routes",
        output("ip", "route", "show", "table", "all")
            .map(line -> line.replace(" linkdown", ""))
            .toList());
    seen.put("neighbours", output("ip", "neighbour", "show", "nud", "permanent").toList());
    seen.put("listening sockets", sockets());
    seen.put("files", files());
    return seen;
  }

  private static Stream<String> output(String... command) {
    return Command.run(List.of(command))
        .ok()
        .lines()
        .map(String::strip)
        // Link-local addresses come and go with their links, which are counted.
        .filter(line -> !line.isEmpty() && !line.contains("fe80:"));
  }

  /** Of this node only: loop devices belong to the whole machine, which others use too. */
  private List<String> loops() {
    try (Stream<Path> devices = Files.list(Path.of("/sys/block"))) {
      return devices
          .map(device -> device.resolve("loop/backing_file"))
          .flatMap(LeakCheck::content)
          .filter(file -> file.contains(node.base().toString()))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Stream<String> content(Path file) {
    try {
      return Files.exists(file) ? Stream.of(Files.readString(file).strip()) : Stream.empty();
    } catch (IOException e) {
      return Stream.empty(); // detached in between
    }
  }

  /** Of this node's pods only: those below their parent, and any that carries an id of theirs. */
  private List<String> cgroups() {
    String parent = Config.cgroupParent(node);
    return Folders.tree(Path.of("/sys/fs/cgroup")).stream()
        .filter(Files::isDirectory)
        .map(Path::toString)
        .filter(path -> path.contains(parent + "/") || Crictl.ids().anyMatch(path::contains))
        .toList();
  }

  /**
   * Listening and bound sockets of this network namespace, and sockets with a path in the node's
   * folders.
   */
  private List<String> sockets() {
    List<String> sockets = new ArrayList<>();
    for (String table : List.of("tcp", "tcp6", "udp", "udp6")) {
      table(table)
          .skip(1)
          .map(line -> line.strip().split(" +", -1))
          .filter(row -> !table.startsWith("tcp") || row[3].equals("0A"))
          .filter(row -> table.startsWith("tcp") || row[2].endsWith(":0000"))
          .forEach(
              row -> sockets.add(table + " " + EPHEMERAL.matcher(row[1]).replaceAll("$1:any")));
    }
    table("unix")
        .filter(line -> line.contains(node.base().toString()))
        .map(line -> line.split(" +", -1))
        // Bit 16 of the flags: it listens. Accepted ones carry the path too.
        .filter(row -> row[3].equals("00010000"))
        .forEach(row -> sockets.add("unix " + row[row.length - 1]));
    return sockets;
  }

  private static Stream<String> table(String name) {
    try {
      return Files.readAllLines(Path.of("/proc/self/net", name)).stream();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private List<String> files() {
    List<Path> folders =
        images ? List.of(node.runFolder()) : List.of(node.runFolder(), node.root());
    return folders.stream()
        .filter(Files::exists)
        .flatMap(folder -> Folders.tree(folder).stream())
        .map(Path::toString)
        .filter(
            path -> !node.prepared().peer() || Arrays.stream(Peer.KEPT).noneMatch(path::contains))
        .toList();
  }
}
