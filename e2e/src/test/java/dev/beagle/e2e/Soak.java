package dev.beagle.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.e2e.SoakChoices.Target;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
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
  private static final int LOG_LINES = 600;
  private static final int LAST_KILLS = 30;
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
  private final Map<Target, Integer> kills = new EnumMap<>(Target.class);

  /** The last kills, for whoever has to find out why something failed. */
  private final Deque<String> lastKills = new ConcurrentLinkedDeque<>();

  @Test
  @Timeout(value = 1, unit = TimeUnit.DAYS)
  void nothingIsLostAndNothingIsLeft() throws Exception {
    long minutes = Long.parseLong(environment("BEAGLE_SOAK_MINUTES", "10"));
    long seed =
        Long.parseLong(environment("BEAGLE_SOAK_SEED", Long.toString(System.nanoTime() % 100_000)));
    System.out.println("soak: " + minutes + " minutes, BEAGLE_SOAK_SEED=" + seed);
    SoakChoices choices = new SoakChoices(seed);
    long seconds = TimeUnit.MINUTES.toSeconds(minutes);
    run(choices, 0, Duration.ofSeconds(seconds * 2 / 3));
    node().kill();
    node().start();
    run(choices, 1, SETTLED);
    Figures before = Figures.of(node().pid());
    run(choices, 2, Duration.ofSeconds(seconds / 3).minus(SETTLED));
    Figures after = Figures.of(node().pid());
    System.out.printf(
        "soak: %d pods, %d of them given up with their agent; killed: %s%n",
        pods.get(), abandoned.get(), kills);
    System.out.println("soak: the last daemon early " + before + ", late " + after);
    assertThat(after.descriptors()).as("open files").isLessThan(before.descriptors() + 20);
    assertThat(after.threads()).as("threads").isLessThan(before.threads() + 20);
  }

  private static String environment(String name, String otherwise) {
    return Optional.ofNullable(System.getenv(name)).orElse(otherwise);
  }

  /** Kills in phase 0 only. */
  private void run(SoakChoices choices, int phase, Duration time) throws Exception {
    deadline.set(System.nanoTime() + time.toNanos());
    try (var clients = Executors.newFixedThreadPool(CLIENTS)) {
      List<Future<?>> all = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        SoakChoices.Lives lives = choices.client(phase, i);
        all.add(clients.submit(() -> liveOrEnd(lives)));
      }
      while (phase == 0 && goesOn() && all.stream().noneMatch(Future::isDone)) {
        SoakChoices.Kill next = choices.nextKill();
        Patience.pause(next.pause());
        kill(next);
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

  private void kill(SoakChoices.Kill next) {
    if (next.target() == Target.DAEMON) {
      killed(next.target(), "daemon " + node().pid());
      node().kill();
      node().start();
      return;
    }
    List<Processes.Seen> candidates =
        switch (next.target()) {
          case DAEMON -> List.of();
          case AGENT -> Processes.agents();
          case SWITCH -> Processes.switches();
          case OCI_RUNTIME -> Processes.newest(ProcessDeathIT::isRuntime).stream().toList();
        };
    next.victim(candidates)
        .ifPresent(victim -> {
          if (next.target() == Target.AGENT) {
            ended.add(victim.command().replaceAll(".*/([0-9a-f]{12})/agent.sock.*", "$1"));
          } else if (next.target() == Target.OCI_RUNTIME) {
            CONTAINER.matcher(victim.command()).results().forEach(id -> hurt.add(id.group()));
          }
          killed(next.target(), victim.pid() + ": " + victim.command());
          ProcessHandle.of(victim.pid()).ifPresent(ProcessHandle::destroyForcibly);
        });
  }

  private void killed(Target target, String victim) {
    kills.merge(target, 1, Integer::sum);
    lastKills.add(Instant.now() + " " + target + " " + victim);
    while (lastKills.size() > LAST_KILLS) {
      lastKills.remove();
    }
  }

  /** What fails ends the others too: the host is to be seen as it is. */
  private void liveOrEnd(SoakChoices.Lives lives) {
    try {
      live(lives);
    } catch (RuntimeException | AssertionError failure) {
      deadline.set(System.nanoTime());
      System.out.println("soak: at " + Instant.now() + " " + failure.getMessage());
      lastKills.forEach(kill -> System.out.println("soak: killed " + kill));
      List<String> said = node().said().lines().toList();
      System.out.println("soak: the last of the daemons says");
      said.subList(Math.max(0, said.size() - LOG_LINES), said.size()).forEach(System.out::println);
      throw failure;
    }
  }

  private void live(SoakChoices.Lives lives) {
    while (goesOn()) {
      SoakChoices.Life life = lives.next();
      String config =
          Config.pod(node(), "soak-" + pods.incrementAndGet()).file(node().base()).toString();
      String pod = Patience.repeat(() -> crictl().call("runp", config));
      if (!use(pod, config, life.code())) {
        abandoned.incrementAndGet();
        assertThat(ended).as("pods whose agents were killed").contains(pod.substring(0, 12));
      }
      if (life.gently()) {
        Patience.repeat(() -> crictl().call("stopp", pod));
        var _ = Patience.repeat(() -> crictl().call("rmp", pod), () -> isGone(pod));
      } else {
        Patience.repeat(() -> crictl().call("rmp", "--force", pod));
      }
      discard(Path.of(config));
    }
  }

  /**
   * Whether the daemon says that there is no such pod: it may have been killed when it had removed
   * it and not yet said so. A kubelet takes that for a success too, crictl asks first and does not.
   */
  private boolean isGone(String pod) {
    Command.Result status = crictl().call("inspectp", pod);
    return status.exit() != 0 && status.err().contains("code = NotFound");
  }

  /** False when the pod ended under us. */
  private boolean use(String pod, String config, int code) {
    Optional<String> sleeper = started(pod, config, "s", "sleep", "1000");
    Optional<String> ends = started(pod, config, "e", "sh", "-c", "echo out; exit " + code);
    if (sleeper.isEmpty() || ends.isEmpty()) {
      return false;
    }
    Optional<String> said =
        Patience.repeat(
            () -> crictl().call("exec", "--sync", sleeper.get(), "echo", "alive"),
            () -> hopeless(pod) || endedByUs(sleeper.get()));
    if (said.isEmpty() && hopeless(pod)) {
      return false;
    }
    if (said.isPresent()) {
      assertThat(said.get()).isEqualTo("alive");
    } else {
      assertThat(exitOf(sleeper.get()).ok()).as("exit code of %s", sleeper.get()).isEqualTo("137");
    }
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
              .with("metadata", Map.of("name", name, "attempt", attempt))
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
                return startedState(id.get());
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

  /** Fails while it is only created: the daemon may have died before it heard of the start. */
  private Command.Result startedState(String id) {
    return crictl()
        .call(
            "inspect",
            "-o",
            "go-template",
            "--template",
            "{{if eq .status.state \"CONTAINER_CREATED\"}}{{index .status.absent 1}}{{end}}"
                + "{{.status.state}}",
            id);
  }

  /**
   * Whether the container has ended because we killed an OCI runtime. That which was to become its
   * process is one until the moment of its start: seen before and killed after, it was the
   * container itself that was killed, with all the signs of one that runs.
   */
  private boolean endedByUs(String id) {
    return hurt.contains(id) && startedState(id).out().strip().equals("CONTAINER_EXITED");
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
