package dev.beagle.runtime.microvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Boots that wait for each other. */
@Timeout(20)
final class BootsTest {
  private final Boots boots = new Boots(2);

  @Test
  void noMoreThanThatManyAreUnderWayAndAllHaveTheirTurn() throws Exception {
    AtomicInteger underWay = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    Semaphore entered = new Semaphore(0);
    CountDownLatch goOn = new CountDownLatch(1);
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 9; i++) {
      threads.add(
          Thread.ofVirtual()
              .start(() ->
                  boots.inTurn(() -> {
                    most.accumulateAndGet(underWay.incrementAndGet(), Math::max);
                    entered.release();
                    awaitQuietly(goOn);
                    return underWay.decrementAndGet();
                  })));
    }
    entered.acquire(2);
    goOn.countDown();
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(entered.availablePermits()).isEqualTo(7);
    assertThat(most).hasValue(2);
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void aBootThatFailsMakesRoomForTheNext() {
    for (int i = 0; i < 5; i++) {
      assertThatThrownBy(() ->
              boots.inTurn(() -> {
                throw Failure.unavailable("no machine");
              }))
          .hasMessage("no machine");
    }
    assertThat(boots.inTurn(() -> "booted")).isEqualTo("booted");
  }

  @Test
  void whoWaitsCanBeInterrupted() {
    Thread.currentThread().interrupt();
    assertThatThrownBy(() -> boots.inTurn(() -> "never"))
        .isInstanceOfSatisfying(
            Failure.class, failure -> assertThat(failure.kind()).isEqualTo(FailureKind.CANCELLED));
    assertThat(Thread.interrupted()).isTrue();
  }
}
