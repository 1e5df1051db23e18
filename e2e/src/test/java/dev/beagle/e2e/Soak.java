package dev.beagle.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Pods come and go for BEAGLE_SOAK_MINUTES (10). For two thirds of the time the daemon, agents, the
 * switch and OCI runtimes are killed at random (BEAGLE_SOAK_SEED); then one daemon lives through
 * the rest, so that its figures can be compared. Not named as a test: {@code ./beagle test soak}
 * runs it.
 */
final class Soak extends NodeIT {
  private static final int CLIENTS = 4;
  private static final Duration SETTLED = Duration.ofSeconds(20);

  private static final Pattern CONTAINER = Pattern.compile("[0-9a-f]{64}");

  /** Short ids of pods whose agents were killed. */
  private final Set<String> ended = ConcurrentHashMap.newKeySet();

  /**
   * Containers whose OCI runtime was killed: where that was to become the container's process, the
   * container has ended by SIGKILL.
   */
  private final Set<String> hurt = ConcurrentHashMap.newKeySet();

  private final AtomicInteger pods = new AtomicInteger();
  private final AtomicInteger abandoned = new AtomicInteger();
  private final AtomicLong deadline = new AtomicLong();
  private final int[] kills = new int[4];

  @Test
  @Timeout(value = 1, unit = TimeUnit.DAYS)
  void nothingIsLostAndNothingIsLeft() throws Exception {
    long minutes = Long.parseLong(environment("BEAGLE_SOAK_MINUTES", "10"));
    long seed =
        Long.parseLong(environment("BEAGLE_SOAK_SEED", Long.toString(System.nanoTime() % 100_000)));
    System.out.println("soak: " + minutes + " minutes, BEAGLE_SOAK_SEED=" + seed);
    Random random = new Random(seed);
    long seconds = TimeUnit.MINUTES.toSeconds(minutes);
    run(random, Duration.ofSeconds(seconds * 2 / 3), true);
    node().kill();
    node().start();
    run(random, SETTLED, false);
    Figures before = Figures.of(node().pid());
    run(random, Duration.ofSeconds(seconds / 3).minus(SETTLED), false);
    Figures after = Figures.of(node().pid());
    System.out.printf(
        "soak: %d pods, %d of them given up with their agent; killed: daemon %d, agents %d,"
            + " switch %d, OCI runtimes %d%n",
        pods.get(), abandoned.get(), kills[0], kills[1], kills[2], kills[3]);
    System.out.println("soak: the last daemon early " + before + ", late " + after);
    assertThat(after.descriptors()).as("open files").isLessThan(before.descriptors() + 20);
    assertThat(after.threads()).as("threads").isLessThan(before.threads() + 20);
  }

  private static String environment(String name, String otherwise) {
    return Optional.ofNullable(System.getenv(name)).orElse(otherwise);
  }

  private void run(Random random, Duration time, boolean killing) throws Exception {
    deadline.set(System.nanoTime() + time.toNanos());
    try (var clients = Executors.newFixedThreadPool(CLIENTS)) {
      List<Future<?>> all = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        Random own = new Random(random.nextLong());
        all.add(clients.submit(() -> liveOrEnd(own)));
      }
      while (killing && goesOn() && all.stream().noneMatch(Future::isDone)) {
        Patience.pause(Duration.ofMillis(500 + random.nextInt(4000)));
        killOne(random);
      }
      for (Future<?> client : all) {
        client.get();
      }
    } finally {
      deadline.set(System.nanoTime());
    }
  }

  private boolean goesOn() {
    return deadline.get() - System.nanoTime() > 0;
  }

  private void killOne(Random random) {
    int what = random.nextInt(kills.length);
    List<Processes.Seen> victims =
        switch (what) {
          case 1 -> Processes.agents();
          case 2 -> Processes.switches();
          case 3 -> Processes.newest(ProcessDeathIT::isRuntime).stream().toList();
          default -> List.of();
        };
    if (what == 0) {
      node().kill();
      node().start();
    } else if (victims.isEmpty()) {
      return;
    } else {
      Processes.Seen victim = victims.get(random.nextInt(victims.size()));
      if (what == 1) {
        ended.add(victim.command().replaceAll(".*/([0-9a-f]{12})/agent.sock.*", "$1"));
      }
      if (what == 3) {
        CONTAINER.matcher(victim.command()).results().forEach(id -> hurt.add(id.group()));
      }
      ProcessHandle.of(victim.pid()).ifPresent(ProcessHandle::destroyForcibly);
    }
    kills[what]++;
  }

  /** What fails ends the others too: the machine is to be seen as it is. */
  private void liveOrEnd(Random random) {
    try {
      live(random);
    } catch (RuntimeException | AssertionError failure) {
      deadline.set(System.nanoTime());
      throw failure;
    }
  }

  private void live(Random random) {
    while (goesOn()) {
      String config =
          Config.pod(node(), "soak-" + pods.incrementAndGet()).file(node().base()).toString();
      String pod = Patience.repeat(() -> crictl().call("runp", config));
      if (!use(pod, config, random)) {
        abandoned.incrementAndGet();
        assertThat(ended).as("pods whose agents were killed").contains(pod.substring(0, 12));
      }
      if (random.nextBoolean()) {
        Patience.repeat(() -> crictl().call("stopp", pod));
        Patience.repeat(() -> crictl().call("rmp", pod));
      } else {
        Patience.repeat(() -> crictl().call("rmp", "--force", pod));
      }
      discard(Path.of(config));
    }
  }

  /** False when the pod ended under us. */
  private boolean use(String pod, String config, Random random) {
    int code = random.nextInt(100);
    Optional<String> sleeper = started(pod, config, "s", "sleep", "1000");
    Optional<String> ends = started(pod, config, "e", "sh", "-c", "echo out; exit " + code);
    if (sleeper.isEmpty() || ends.isEmpty()) {
      return false;
    }
    Optional<String> said =
        Patience.repeat(
            () -> crictl().call("exec", "--sync", sleeper.get(), "echo", "alive"),
            () -> hopeless(pod));
    if (said.isEmpty()) {
      return false;
    }
    assertThat(said.get()).isEqualTo("alive");
    Optional<String> exit =
        Patience.repeat(() -> exitOf(ends.get()), () -> ended.contains(pod.substring(0, 12)));
    if (exit.isEmpty() || (exit.get().equals("255") && hopeless(pod))) {
      return false;
    }
    if (exit.get().equals("137") && hurt.contains(ends.get())) {
      return true;
    }
    assertThat(exit.get()).as("exit code of %s in pod %s", ends.get(), pod).isEqualTo("" + code);
    return true;
  }

  /** Created and started, by calls that are repeated while the daemon is away. */
  private Optional<String> started(String pod, String config, String name, String... command) {
    // A runtime that was killed costs the container: the next attempt is another one.
    for (int attempt = 0; attempt < 20; attempt++) {
      String container =
          Config.container(name, Crictl.BUSYBOX, command)
              .with("metadata", java.util.Map.of("name", name, "attempt", attempt))
              .file(node().base())
              .toString();
      Optional<String> id =
          Patience.repeat(
              () -> crictl().call("create", pod, container, config), () -> hopeless(pod));
      discard(Path.of(container));
      if (id.isEmpty()) {
        return id;
      }
      Optional<String> state =
          Patience.repeat(
              () -> {
                crictl().call("start", id.get());
                return crictl()
                    .call(
                        "inspect",
                        "-o",
                        "go-template",
                        "--template",
                        "{{.status.state}}",
                        id.get());
              },
              () -> hopeless(pod));
      if (state.isEmpty()) {
        return state;
      }
      if (!startFailed(id.get())) {
        return id;
      }
    }
    throw new AssertionError("no container of pod " + pod + " starts");
  }

  /** A container that is there no more would be a lost one. */
  private boolean startFailed(String id) {
    String told =
        Patience.repeat(() ->
            crictl()
                .call(
                    "inspect",
                    "-o",
                    "go-template",
                    "--template",
                    "{{.status.state}} {{.status.reason}}",
                    id));
    return told.endsWith(" StartError")
        || (told.startsWith("CONTAINER_EXITED") && hurt.contains(id));
  }

  /** Fails until the container has ended, then prints its exit code. */
  private Command.Result exitOf(String id) {
    return crictl()
        .call(
            "inspect",
            "-o",
            "go-template",
            "--template",
            "{{if ne .status.state \"CONTAINER_EXITED\"}}{{index .status.absent 1}}{{end}}"
                + "{{.status.exitCode}}",
            id);
  }

  private boolean hopeless(String pod) {
    return ended.contains(pod.substring(0, 12));
  }

  private static void discard(Path config) {
    try {
      Files.deleteIfExists(config);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /** Of a process: resident memory in KiB, threads, open files. */
  private record Figures(long resident, long threads, long descriptors) {
    static Figures of(long pid) throws IOException {
      List<String> status = Files.readAllLines(Path.of("/proc/" + pid + "/status"));
      try (var files = Files.list(Path.of("/proc/" + pid + "/fd"))) {
        return new Figures(number(status, "VmRSS:"), number(status, "Threads:"), files.count());
      }
    }

    private static long number(List<String> status, String key) {
      return status.stream()
          .filter(line -> line.startsWith(key))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
          .findFirst()
          .orElseThrow();
    }

    @Override
    public String toString() {
      return "%d MiB, %d threads, %d open files".formatted(resident >> 10, threads, descriptors);
    }
  }
}
