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

  @Test
  void whatIsCancelledIsForgottenAndNoTimerHasTwoPlaces() {
    for (int flow = 0; flow < 10_000; flow++) {
      TimerQueue.Timer timer = queue.timer(() -> ran.add("never"));
      timer.arm(60_000);
      timer.arm(200);
      timer.arm(TimerQueue.NEVER);
      timer.cancel();
      timer.cancel();
    }
    assertThat(queue.size()).isZero();
    TimerQueue.Timer timer = queue.timer(() -> ran.add("once"));
    for (int change = 0; change < 1000; change++) {
      timer.arm(60_000 - change);
      queue.run(change);
    }
    assertThat(queue.size()).isEqualTo(1);
    queue.run(100_000);
    assertThat(ran).containsExactly("once");
  }

  @Test
  void manyTimersRunInOrderWhateverIsArmedAndCancelledBetween() {
    Random random = new Random(11);
    long[] deadlines = new long[500];
    List<Integer> order = new ArrayList<>();
    List<TimerQueue.Timer> timers = new ArrayList<>();
    for (int i = 0; i < deadlines.length; i++) {
      int self = i;
      timers.add(queue.timer(() -> order.add(self)));
    }
    for (int step = 0; step < 20_000; step++) {
      int i = random.nextInt(deadlines.length);
      boolean cancel = random.nextInt(4) == 0;
      deadlines[i] = cancel ? TimerQueue.NEVER : 1000 + random.nextInt(100_000);
      if (cancel) {
        timers.get(i).cancel();
      } else {
        timers.get(i).arm(deadlines[i]);
      }
    }
    for (long now = 0; now <= 101_000; now += 97) {
      int before = order.size();
      queue.run(now);
      for (int ranNow : order.subList(before, order.size())) {
        assertThat(deadlines[ranNow]).isBetween(Math.max(0, now - 97), now);
      }
    }
    long armed = java.util.Arrays.stream(deadlines).filter(at -> at != TimerQueue.NEVER).count();
    assertThat(order).hasSize((int) armed).doesNotHaveDuplicates();
  }
}
