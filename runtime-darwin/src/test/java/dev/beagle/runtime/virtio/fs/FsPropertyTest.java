package dev.beagle.runtime.virtio.fs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.runtime.virtio.mmio.MmioDriver;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.constraints.IntRange;

/**
 * Whatever a guest asks, it is told what the host says of the folder that it was given, and nothing
 * of what lies beside it; and whatever it sends, the device answers on.
 */
final class FsPropertyTest {
  private static final List<String> NAMES =
      List.of("a", "b", "ab", "größe", "with space", "tab\t", "..x", "-", "n".repeat(200));

  private static final class Session implements AutoCloseable {
    final Path base = Files.createTempDirectory("fs");
    final Path shown = Files.createDirectory(base.resolve("shown"));
    final Export export = new Export();
    final MmioDriver driver = new MmioDriver(new FsDevice("export", export));
    final Random random;

    Session(long seed) throws IOException {
      random = new Random(seed);
      Path beside = Files.createDirectory(base.resolve("beside"));
      Files.writeString(beside.resolve(GuestModel.SECRET), GuestModel.SECRET.repeat(100));
      for (int i = 0; i < 12; i++) {
        changeHost();
      }
      export.add("shown", shown, false);
      driver.begin();
    }

    /** Somebody works in the folder. */
    void changeHost() throws IOException {
      List<Path> all;
      try (Stream<Path> walk = Files.walk(shown)) {
        all = walk.sorted().toList();
      }
      List<Path> folders =
          all.stream().filter(path -> Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)).toList();
      Path some = all.get(random.nextInt(all.size()));
      Path target =
          folders
              .get(random.nextInt(folders.size()))
              .resolve(NAMES.get(random.nextInt(NAMES.size())));
      boolean free = !Files.exists(target, LinkOption.NOFOLLOW_LINKS);
      switch (random.nextInt(8)) {
        case 0, 1 -> {
          if (free) {
            Files.write(target, content());
          }
        }
        case 2 -> {
          if (free && target.getNameCount() < shown.getNameCount() + 6) {
            Files.createDirectory(target);
          }
        }
        case 3 -> {
          // To where nothing may be seen, and to nowhere.
          if (free) {
            Files.createSymbolicLink(
                target, List.of(base.resolve("beside"), Path.of("../..")).get(random.nextInt(2)));
          }
        }
        case 4 -> {
          if (free && Files.isRegularFile(some, LinkOption.NOFOLLOW_LINKS)) {
            Files.createLink(target, some);
          }
        }
        case 5 -> {
          if (!some.equals(shown) && !target.startsWith(some) && free) {
            Files.move(some, target, StandardCopyOption.ATOMIC_MOVE);
          }
        }
        case 6 -> {
          if (Files.isRegularFile(some, LinkOption.NOFOLLOW_LINKS)) {
            Files.write(some, content(), StandardOpenOption.APPEND);
          }
        }
        default -> exchange(some);
      }
    }

    /** Something else in its place: the tricks by which guests get out. */
    private void exchange(Path some) throws IOException {
      if (some.equals(shown)) {
        return;
      }
      Path aside = shown.resolve("aside");
      boolean asideIsFree = !Files.exists(aside, LinkOption.NOFOLLOW_LINKS);
      switch (random.nextInt(4)) {
        case 0 -> {
          delete(some);
          Files.createSymbolicLink(some, base.resolve("beside"));
        }
        case 1 -> {
          if (asideIsFree) {
            Files.move(some, aside, StandardCopyOption.ATOMIC_MOVE);
            Files.createSymbolicLink(some, aside);
          }
        }
        case 2 -> {
          if (asideIsFree) {
            Files.move(some, aside, StandardCopyOption.ATOMIC_MOVE);
            Files.createDirectory(some);
            Files.write(some.resolve("a"), content());
          }
        }
        default -> delete(some);
      }
    }

    private byte[] content() {
      byte[] content = new byte[random.nextInt(6000)];
      random.nextBytes(content);
      return content;
    }

    @Override
    public void close() throws IOException {
      driver.close();
      export.close();
      delete(base);
    }
  }

  private static void delete(Path tree) throws IOException {
    try (Stream<Path> all = Files.walk(tree)) {
      for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(each);
      }
    }
  }

  @Property(tries = 60, shrinking = ShrinkingMode.OFF)
  void everyAnswerIsWhatTheHostSays(
      @ForAll long seed, @ForAll @IntRange(min = 10, max = 200) int steps) throws Exception {
    try (Session session = new Session(seed)) {
      GuestModel guest = new GuestModel(session.driver, session.shown, session.random);
      for (int step = 0; step < steps; step++) {
        if (session.random.nextInt(4) == 0) {
          session.changeHost();
        }
        guest.step();
      }
    }
  }

  /** Requests of random bytes, or good ones that were damaged: an answer, if only an errno. */
  @Property(tries = 60, shrinking = ShrinkingMode.OFF)
  void whateverIsSentIsAnsweredOrGivenBack(@ForAll long seed) throws Exception {
    try (Session session = new Session(seed)) {
      FuseClient client = new FuseClient(session.driver);
      client.init();
      List<Long> nodes = new ArrayList<>(List.of(NodeTable.ROOT));
      nodes.add(client.lookup(NodeTable.ROOT, "shown").entry().node());
      for (int i = 0; i < 100; i++) {
        ByteBuffer request = request(session.random, nodes);
        FuseClient.Answer answer = client.send(request, session.random.nextInt(3) * 700);
        byte[] body = new byte[answer.body().capacity()];
        answer.body().get(0, body);
        assertThat(new String(body, StandardCharsets.ISO_8859_1)).doesNotContain(GuestModel.SECRET);
      }
      client.init();
      assertThat(client.lookup(NodeTable.ROOT, "shown").entry().isFolder()).isTrue();
    }
  }

  private static ByteBuffer request(Random random, List<Long> nodes) {
    byte[] arguments = new byte[random.nextInt(100)];
    if (random.nextBoolean()) {
      random.nextBytes(arguments);
    } else {
      byte[] name =
          List.of("a", "", ".", "..", "../beside", "/etc/passwd", "a/../../beside", "shown", "\0")
              .get(random.nextInt(9))
              .getBytes(StandardCharsets.UTF_8);
      System.arraycopy(name, 0, arguments, 0, Math.min(name.length, arguments.length));
    }
    long node =
        random.nextInt(4) == 0 ? random.nextLong() : nodes.get(random.nextInt(nodes.size()));
    int length = 40 + arguments.length;
    ByteBuffer request = FuseClient.arguments(length);
    int told = random.nextInt(8) == 0 ? random.nextInt() : length;
    int opcode = random.nextInt(8) == 0 ? random.nextInt() : random.nextInt(53);
    request.put(FuseClient.header(told, opcode, random.nextLong(), node)).put(arguments).flip();
    int cut = random.nextInt(10) == 0 ? random.nextInt(length) : length;
    return request.limit(Math.max(cut, 1));
  }
}
