package dev.beagle.runtime.virtio.block;

import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.time.Time;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What does not wait for the storage, and what has to. */
@Timeout(60)
final class SlowDiskTest {
  private final MemoryDisk disk = new MemoryDisk(64 * 512);
  private final BlockDevice block = BlockDevice.of("slow", disk, failure -> {}, Time.system());

  @Test
  void readsGoOnDuringAFlush() throws InterruptedException {
    MemoryDisk fast = new MemoryDisk(4096);
    FlushGate gate = new FlushGate(fast);
    try (BlockDriver guest =
        BlockDriver.of(BlockDevice.of("gated", gate, failure -> {}, Time.system()))) {
      guest.send(BlockRequest.FLUSH, 0, new byte[0], 0);
      gate.awaitFlush();
      assertThat(guest.read(1, 512)).isEqualTo(fast.bytes(512, 512));
      assertThat(guest.used()).isOne();
      gate.open();
      guest.awaitUsed(2);
      assertThat(fast.syncs()).isOne();
    }
  }

  @Test
  void flushesThatComeDuringOneShareTheNext() throws InterruptedException {
    MemoryDisk fast = new MemoryDisk(4096);
    FlushGate gate = new FlushGate(fast);
    try (BlockDriver guest =
        BlockDriver.of(BlockDevice.of("gated", gate, failure -> {}, Time.system()))) {
      guest.send(BlockRequest.FLUSH, 0, new byte[0], 0);
      gate.awaitFlush();
      for (int i = 0; i < 20; i++) {
        guest.send(BlockRequest.FLUSH, 0, new byte[0], 0);
      }
      guest.awaitTaken();
      gate.open();
      guest.awaitUsed(21);
      assertThat(fast.syncs()).isEqualTo(2);
    }
  }

  @Test
  void aResetWaitsForAReadThatIsUnderWayAndNothingIsWrittenLater() throws InterruptedException {
    try (BlockDriver guest = BlockDriver.of(block)) {
      disk.stand();
      guest.send(BlockRequest.IN, 0, new byte[0], 4096);
      disk.awaitCall();
      Thread vcpu = Thread.ofPlatform().start(guest::reset);
      while (vcpu.getState() != Thread.State.WAITING) {
        Thread.onSpinWait();
      }
      disk.goOn();
      vcpu.join();
      // The read was let go on before the reset; its answer was not given.
      assertThat(guest.used()).isZero();
      assertThat(guest.status(4096)).isEqualTo((byte) 0x5a);
    }
  }

  @Test
  void aResetDoesNotWaitForAFlushWhoseAnswerIsThenNobodys() throws InterruptedException {
    FlushGate gate = new FlushGate(disk);
    try (BlockDriver guest =
        BlockDriver.of(BlockDevice.of("gated", gate, failure -> {}, Time.system()))) {
      guest.send(BlockRequest.FLUSH, 0, new byte[0], 0);
      gate.awaitFlush();
      guest.reset();
      List<Thread> flushing = threads("flush-gated");
      assertThat(flushing).hasSize(1);
      gate.open();
      flushing.getFirst().join();
      assertThat(guest.used()).isZero();
      assertThat(guest.status(0)).isEqualTo((byte) 0x5a);
    }
  }

  private static List<Thread> threads(String name) {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals(name))
        .toList();
  }
}
