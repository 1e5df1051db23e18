package dev.beagle.runtime.virtio.fs;

import static dev.beagle.runtime.virtio.fs.FuseClient.arguments;
import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.runtime.virtio.fs.FuseClient.Answer;
import dev.beagle.runtime.virtio.fs.FuseClient.Found;
import dev.beagle.runtime.virtio.mmio.MmioDriver;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A guest that asks about one folder of the host at random, and knows of each answer what the host
 * itself would say. For one thread.
 */
final class GuestModel {
  /** What no answer may ever hold; it is in names and contents beside what is shown only. */
  static final String SECRET = "canary";

  private static final int ATTRIBUTES = 16;

  /** What the server knows by a number. */
  private static final class Known {
    final long number;
    final long inode;
    @Nullable Known parent;
    String name;
    long lookups;

    Known(long number, long inode, @Nullable Known parent, String name) {
      this.number = number;
      this.inode = inode;
      this.parent = parent;
      this.name = name;
    }
  }

  private record Host(long inode, int mode, long size, int links) {
    static Host of(Path path) throws IOException {
      return new Host(
          number(path, "ino"),
          (int) number(path, "mode"),
          number(path, "size"),
          (int) number(path, "nlink"));
    }

    private static long number(Path path, String attribute) throws IOException {
      return ((Number) Files.getAttribute(path, "unix:" + attribute, LinkOption.NOFOLLOW_LINKS))
          .longValue();
    }

    boolean isFolder() {
      return (mode() & 0170000) == 0040000;
    }

    boolean isFile() {
      return (mode() & 0170000) == 0100000;
    }

    boolean isLink() {
      return (mode() & 0170000) == 0120000;
    }
  }

  private final FuseClient client;
  private final Path shown;
  private final Random random;
  private final Map<Long, Known> byInode = new HashMap<>();
  private final List<Known> known = new ArrayList<>();

  /**
   * @param shown the folder, an entry of the export by its own name
   */
  GuestModel(MmioDriver driver, Path shown, Random random) throws Exception {
    client = new FuseClient(driver);
    client.init();
    this.shown = shown;
    this.random = random;
    Found root = client.lookup(NodeTable.ROOT, String.valueOf(shown.getFileName())).entry();
    learn(root.node(), root.inode(), null, "");
  }

  /** One question. */
  void step() throws Exception {
    Known node = known.get(random.nextInt(known.size()));
    switch (random.nextInt(7)) {
      case 0, 1 -> lookUp(node);
      case 2 -> attributes(node);
      case 3 -> readLink(node);
      case 4 -> read(node);
      case 5 -> list(node);
      default -> forget(node);
    }
  }

  private Answer ask(int opcode, long node, ByteBuffer arguments) throws Exception {
    Answer answer = client.ask(opcode, node, arguments);
    byte[] body = new byte[answer.body().capacity()];
    answer.body().get(0, body);
    assertThat(new String(body, StandardCharsets.ISO_8859_1)).doesNotContain(SECRET);
    return answer;
  }

  /** The way as the guest found it last; no part of it may be a link. */
  private Optional<Path> way(Known node) throws IOException {
    Known above = node.parent;
    if (above == null) {
      return Optional.of(shown);
    }
    Optional<Path> folder = way(above);
    if (folder.isEmpty() || status(folder.get()).filter(Host::isFolder).isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(folder.get().resolve(node.name));
  }

  private static Optional<Host> status(Path path) throws IOException {
    return Files.exists(path, LinkOption.NOFOLLOW_LINKS)
        ? Optional.of(Host.of(path))
        : Optional.empty();
  }

  /** Where the node still is, and what. */
  private Optional<Path> present(Known node) throws IOException {
    Optional<Path> way = way(node);
    return way.isPresent()
            && status(way.get()).filter(host -> host.inode() == node.inode).isPresent()
        ? way
        : Optional.empty();
  }

  private Known learn(long number, long inode, @Nullable Known parent, String name) {
    Known node = byInode.get(inode);
    if (node == null) {
      node = new Known(number, inode, parent, name);
      byInode.put(inode, node);
      known.add(node);
    } else if (node.parent != null) {
      node.parent = parent;
      node.name = name;
    }
    assertThat(number).as("number of inode %d", inode).isEqualTo(node.number);
    node.lookups++;
    return node;
  }

  private void lookUp(Known parent) throws Exception {
    Optional<Path> folder = present(parent);
    List<String> names = new ArrayList<>(List.of("absent", "é", "a".repeat(255)));
    if (folder.isPresent() && status(folder.get()).orElseThrow().isFolder()) {
      names.addAll(names(folder.get()));
    }
    String name = names.get(random.nextInt(names.size()));
    byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
    Answer answer = ask(FuseServer.LOOKUP, parent.number, arguments(bytes.length + 1).put(bytes));
    Optional<Host> host =
        folder.isPresent() ? status(folder.get().resolve(name)) : Optional.empty();
    if (host.isEmpty()) {
      assertThat(answer.error()).as("lookup of %s", name).isNotZero();
      return;
    }
    Found found = answer.entry();
    assertThat(found.inode()).isEqualTo(host.get().inode());
    assertThat(found.mode()).isEqualTo(host.get().mode());
    learn(found.node(), found.inode(), parent, name);
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> list = Files.list(folder)) {
      return list.map(path -> String.valueOf(path.getFileName())).sorted().toList();
    }
  }

  private void attributes(Known node) throws Exception {
    Answer answer = ask(FuseServer.GETATTR, node.number, arguments(16));
    Optional<Path> path = present(node);
    // The entry itself is held open, whatever became of its name.
    if (path.isEmpty() && node.parent != null) {
      assertThat(answer.error()).as("attributes of %s", node.name).isNotZero();
    } else if (path.isPresent()) {
      Host host = status(path.get()).orElseThrow();
      ByteBuffer body = answer.good().body();
      assertThat(body.getLong(ATTRIBUTES)).isEqualTo(host.inode());
      assertThat(body.getLong(ATTRIBUTES + 8)).isEqualTo(host.size());
      assertThat(body.getInt(ATTRIBUTES + 60)).isEqualTo(host.mode());
      assertThat(body.getInt(ATTRIBUTES + 64)).isEqualTo(host.links());
    }
  }

  private void readLink(Known node) throws Exception {
    Answer answer = ask(FuseServer.READLINK, node.number, arguments(0));
    Optional<Path> path = present(node);
    if (path.isPresent() && status(path.get()).orElseThrow().isLink()) {
      assertThat(StandardCharsets.UTF_8.decode(answer.good().body()).toString())
          .isEqualTo(Files.readSymbolicLink(path.get()).toString());
    } else if (path.isPresent()) {
      assertThat(answer.error()).isEqualTo(Errno.EINVAL);
    }
  }

  private void read(Known node) throws Exception {
    Answer opened = ask(FuseServer.OPEN, node.number, arguments(8));
    Optional<Path> path = present(node);
    if (path.isEmpty() || !status(path.get()).orElseThrow().isFile()) {
      assertThat(opened.error()).as("open of %s", node.name).isNotZero();
      return;
    }
    byte[] content = Files.readAllBytes(path.get());
    long handle = opened.good().body().getLong(0);
    int offset = random.nextInt(content.length + 10);
    int size = random.nextInt(5000);
    ByteBuffer part =
        ask(
                FuseServer.READ,
                node.number,
                arguments(40).putLong(handle).putLong(offset).putInt(size))
            .good()
            .body();
    int expected = Math.clamp((long) content.length - offset, 0, size);
    assertThat(part.slice(0, part.capacity()))
        .isEqualTo(
            expected == 0 ? ByteBuffer.allocate(0) : ByteBuffer.wrap(content, offset, expected));
    ask(FuseServer.RELEASE, node.number, arguments(24).putLong(handle)).good();
    assertThat(
            ask(FuseServer.READ, node.number, arguments(40).putLong(handle).putInt(24, 1)).error())
        .isEqualTo(Errno.EBADF);
  }

  private void list(Known folder) throws Exception {
    boolean plus = random.nextBoolean();
    Answer opened = ask(FuseServer.OPENDIR, folder.number, arguments(8));
    Optional<Path> path = present(folder);
    if (path.isEmpty() || !status(path.get()).orElseThrow().isFolder()) {
      assertThat(opened.error()).as("listing of %s", folder.name).isNotZero();
      return;
    }
    long handle = opened.good().body().getLong(0);
    Map<String, Integer> listed = new TreeMap<>();
    long offset = 0;
    int size = 450 + random.nextInt(4000);
    while (true) {
      ByteBuffer out =
          ask(
                  plus ? FuseServer.READDIRPLUS : FuseServer.READDIR,
                  folder.number,
                  arguments(40).putLong(handle).putLong(offset).putInt(size))
              .good()
              .body();
      if (out.capacity() == 0) {
        break;
      }
      for (int at = 0; at < out.capacity(); ) {
        int dirent = plus ? at + 128 : at;
        offset = out.getLong(dirent + 8);
        byte[] bytes = new byte[out.getInt(dirent + 16)];
        out.get(dirent + 24, bytes);
        String name = new String(bytes, StandardCharsets.UTF_8);
        listed.put(name, out.getInt(dirent + 20));
        if (plus) {
          learn(out.getLong(at), out.getLong(at + 40), folder, name);
        }
        at = dirent + 24 + ((bytes.length + 7) & ~7);
      }
    }
    Map<String, Integer> expected = new TreeMap<>();
    for (String name : names(path.get())) {
      expected.put(name, status(path.get().resolve(name)).orElseThrow().mode() >>> 12);
    }
    assertThat(listed).isEqualTo(expected);
    ask(FuseServer.RELEASEDIR, folder.number, arguments(24).putLong(handle)).good();
  }

  private void forget(Known node) throws Exception {
    if (node.parent == null) {
      return;
    }
    long times = random.nextBoolean() ? node.lookups : 1 + random.nextInt(3);
    client.forget(node.number, times);
    node.lookups -= Math.min(times, node.lookups);
    if (node.lookups == 0) {
      byInode.remove(node.inode, node);
      known.remove(node);
      assertThat(ask(FuseServer.GETATTR, node.number, arguments(16)).error())
          .isEqualTo(Errno.ESTALE);
    }
  }
}
