package dev.beagle.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.failure.Failure;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class TasksTest {
  @Test
  void resultsKeepTheOrderOfTheTasks() {
    assertThat(Tasks.all(List.<Callable<Integer>>of(() -> 1, () -> 2, () -> 3)))
        .containsExactly(1, 2, 3);
  }

  @Test
  void theFirstFailureInterruptsTheOthers() {
    AtomicBoolean interrupted = new AtomicBoolean();
    CountDownLatch waiting = new CountDownLatch(1);
    Callable<Integer> waits =
        () -> {
          try {
            waiting.countDown();
            new CountDownLatch(1).await();
            return 0;
          } catch (InterruptedException expected) {
            interrupted.set(true);
            throw expected;
          }
        };
    Callable<Integer> fails =
        () -> {
          waiting.await();
          throw Failure.corrupted("layer 1");
        };
    assertThatThrownBy(() -> Tasks.all(List.of(waits, fails)))
        .isInstanceOf(Failure.class)
        .hasMessage("layer 1");
    assertThat(interrupted).isTrue();
  }
}
