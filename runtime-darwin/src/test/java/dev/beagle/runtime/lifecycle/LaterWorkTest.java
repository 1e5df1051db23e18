package dev.beagle.runtime.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.testing.ManualTime;
import dev.beagle.time.Backoff;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(10)
class LaterWorkTest {
  private static final Backoff SECOND = new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(4));

  private final ManualTime time = new ManualTime();

  @Test
  void itIsTriedWithGrowingPausesUntilItWorks() throws Exception {
    AtomicInteger attempts = new AtomicInteger();
    long before = time.nanos();
    try (LaterWork work = new LaterWork(time)) {
      work.until(SECOND, () -> attempts.incrementAndGet() == 5);
    }
    assertThat(time.nanos() - before).isEqualTo(Duration.ofSeconds(1 + 2 + 4 + 4 + 4).toNanos());
  }

  @Test
  void closingInterruptsWhatWaitsAndWaitsForIt() throws Exception {
    CountDownLatch runs = new CountDownLatch(1);
    CountDownLatch ended = new CountDownLatch(1);
    LaterWork work = new LaterWork(time);
    work.start(
        "waits",
        () -> {
          runs.countDown();
          try {
            new CountDownLatch(1).await();
          } finally {
            ended.countDown();
          }
        });
    runs.await();

    work.close();

    assertThat(ended.getCount()).isZero();
  }

  /** Somebody on the way may have taken the interrupt for something else. */
  @Test
  void closingEndsWhatTriesForEver() throws Exception {
    CountDownLatch tried = new CountDownLatch(1);
    CountDownLatch ended = new CountDownLatch(1);
    LaterWork work = new LaterWork(time);
    work.start(
        "tries",
        () -> {
          try {
            work.until(
                SECOND,
                () -> {
                  tried.countDown();
                  // Swallows it.
                  return Thread.interrupted() && tried.getCount() > 0;
                });
          } finally {
            ended.countDown();
          }
        });
    tried.await();

    work.close();

    assertThat(ended.getCount()).isZero();
  }

  @Test
  void nothingBeginsOnceItIsClosed() {
    LaterWork work = new LaterWork(time);
    work.close();
    AtomicInteger begun = new AtomicInteger();
    work.start("late", begun::incrementAndGet);
    assertThat(begun).hasValue(0);
  }

  @Test
  void aDefectEndsOnePieceOnly() throws Exception {
    CountDownLatch done = new CountDownLatch(1);
    try (LaterWork work = new LaterWork(time)) {
      work.start(
          "defect",
          () -> {
            throw new IllegalStateException("expected by this test");
          });
      work.start("next", done::countDown);
      done.await();
    }
  }
}
