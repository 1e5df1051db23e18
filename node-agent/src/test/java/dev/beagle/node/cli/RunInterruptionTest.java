package dev.beagle.node.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
final class RunInterruptionTest {
  private final List<String> done = new CopyOnWriteArrayList<>();
  private final CountDownLatch waiting = new CountDownLatch(1);

  private final RunInterruption<String> interruption =
      new RunInterruption<>(
          new RunInterruption.Actions<>() {
            @Override
            public void waits() {
              done.add("waits");
              waiting.countDown();
            }

            @Override
            public void remove(String pod) {
              done.add("removes " + pod);
            }

            @Override
            public void stop(String pod) {
              done.add("stops " + pod);
            }

            @Override
            public void end(boolean running) {
              done.add(running ? "ends what ran" : "ends");
            }
          });

  private Thread interrupted() throws InterruptedException {
    Thread thread = Thread.ofVirtual().start(interruption::interrupt);
    waiting.await();
    return thread;
  }

  @Test
  void aPodThatIsBeingMadeIsRemovedOnceItIs() throws InterruptedException {
    Thread thread = interrupted();
    assertThat(done).containsExactly("waits");
    assertThat(interruption.settle(Optional.of("pod"))).isTrue();
    thread.join();
    assertThat(done).containsExactly("waits", "removes pod", "ends");
  }

  @Test
  void aPodThatCannotBeMadeEndsTheWait() throws InterruptedException {
    Thread thread = interrupted();
    assertThat(interruption.settle(Optional.empty())).isTrue();
    thread.join();
    assertThat(done).containsExactly("waits", "ends");
  }

  @Test
  void aPodThatWasMadeIsStopped() {
    assertThat(interruption.settle(Optional.of("pod"))).isFalse();
    interruption.interrupt();
    assertThat(done).containsExactly("stops pod", "ends what ran");
  }

  @Test
  void aRunThatIsOverIsNotInterrupted() throws InterruptedException {
    interruption.arm();
    assertThat(interruption.settle(Optional.of("pod"))).isFalse();
    interruption.disarm();
    interruption.over();
    assertThat(done).isEmpty();
  }

  @Test
  void aRunThatEndedByAFailureBeforeItsPodWasMadeDoesNotWaitForIt() throws InterruptedException {
    interruption.arm();
    interruption.over();
    assertThat(interruption.settle(Optional.of("pod"))).isFalse();
    interruption.interrupt();
    assertThat(done).containsExactly("ends what ran");
  }
}
