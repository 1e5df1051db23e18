package dev.beagle.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;

/** Fifty pods come at once, and the daemon dies five times meanwhile. */
final class ManyDeathsIT extends NodeIT {
  private static final int PODS = 50;
  private static final int DEATHS = 5;

  @Test
  @Timeout(300)
  void fiftyPodsComeThroughFiveDeathsOfTheDaemon() throws Exception {
    AtomicInteger running = new AtomicInteger();
    try (var clients = Executors.newFixedThreadPool(10)) {
      List<Future<?>> pods =
          IntStream.range(0, PODS)
              .<Future<?>>mapToObj(i -> clients.submit(() -> start(i, running)))
              .toList();
      for (int death = 0; death < DEATHS; death++) {
        int enough = (2 * death + 1) * PODS / (2 * DEATHS);
        await("pods that run")
            .atMost(Duration.ofSeconds(60))
            .pollInterval(Duration.ofMillis(5))
            .until(() -> running.get() >= enough);
        node().kill();
        node().start();
      }
      for (Future<?> pod : pods) {
        pod.get();
      }
    }
    List<JsonNode> items = crictl().json("pods", "-o", "json").path("items").valueStream().toList();
    assertThat(items)
        .hasSize(PODS)
        .allSatisfy(pod -> assertThat(pod.path("state").asString()).isEqualTo("SANDBOX_READY"));
    assertThat(crictl().run("ps", "--state", "running", "-q").lines()).hasSize(PODS);
    // And the one of the host's own interface.
    assertThat(Processes.agents()).hasSize(PODS + 1);
    assertThat(
            items.stream()
                .map(pod ->
                    crictl().address(new Crictl.Pod(pod.path("id").asString(), node().base())))
                .distinct())
        .hasSize(PODS);
  }

  /** A client that repeats each call until it works: each of them may be repeated. */
  private void start(int number, AtomicInteger running) {
    String config = Config.pod(node(), "many-" + number).file(node().base()).toString();
    String pod = Patience.repeat(() -> crictl().call("runp", config));
    String container =
        Config.container("c", Crictl.BUSYBOX, "sleep", "1000").file(node().base()).toString();
    String id = Patience.repeat(() -> crictl().call("create", pod, container, config));
    Patience.repeat(() -> {
      crictl().call("start", id);
      // It may have worked although the daemon died before it said so.
      return crictl().call("exec", "--sync", id, "true");
    });
    running.incrementAndGet();
  }
}
