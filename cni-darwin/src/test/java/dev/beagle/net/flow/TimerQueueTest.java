package dev.beagle.net.flow;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TimerQueueTest {
  private final TimerQueue queue = new TimerQueue();
  private final List<String> ran = new ArrayList<>();

  @Test
  void timersRunInOrderAndOnce() {
    queue.timer(() -> ran.add("b")).arm(20);
    queue.timer(() -> ran.add("a")).arm(10);
    queue.run(15);
    assertThat(ran).containsExactly("a");
    queue.run(100);
    queue.run(200);
    assertThat(ran).containsExactly("a", "b");
    assertThat(queue.next()).isEqualTo(TimerQueue.NEVER);
  }

  @Test
  void aTimerIsPutOffBroughtForwardAndCancelled() {
    TimerQueue.Timer timer = queue.timer(() -> ran.add("x"));
    timer.arm(10);
    timer.arm(50);
    queue.run(20);
    assertThat(ran).isEmpty();
    timer.arm(30);
    queue.run(30);
    assertThat(ran).containsExactly("x");
    timer.arm(40);
    timer.cancel();
    queue.run(1000);
    assertThat(ran).hasSize(1);
  }

  @Test
  void manyChangesEndInTheLastOneOnly() {
    Random random = new Random(7);
    long[] last = new long[1];
    TimerQueue.Timer timer = queue.timer(() -> ran.add("at " + last[0]));
    for (int i = 0; i < 1000; i++) {
      last[0] = 1000L + random.nextInt(1000);
      timer.arm(last[0]);
      queue.run(i);
    }
    queue.run(last[0] - 1);
    assertThat(ran).isEmpty();
    queue.run(last[0]);
    assertThat(ran).containsExactly("at " + last[0]);
  }
}
