package dev.beagle.runtime.virtio.mmio;

import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.runtime.virtio.ActiveQueues;
import dev.beagle.runtime.virtio.ConfigSpace;
import dev.beagle.runtime.virtio.VirtioDevice;
import dev.beagle.runtime.virtio.VirtioTraits;
import java.lang.invoke.VarHandle;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * One request at a time, each told of only where EVENT_IDX asks for it: whichever side loses a
 * wake-up, both then wait for ever.
 */
@Timeout(300)
final class PingPongTest {
  private static final int REQUESTS = 200_000;

  private static final class Echo implements VirtioDevice {
    private final ConfigSpace config = new ConfigSpace(new byte[0]);
    private @Nullable ActiveQueues queues;

    @Override
    public VirtioTraits traits() {
      return new VirtioTraits("echo", 42, 0, List.of(16));
    }

    @Override
    public ConfigSpace config() {
      return config;
    }

    @Override
    public void activate(ActiveQueues queues) {
      this.queues = queues;
    }

    @Override
    public void process(int queue) {
      if (queues != null) {
        queues.serve(queue, chain -> chain.writableBytes());
      }
    }

    @Override
    public void reset() {}
  }

  @Test
  void noWakeUpIsLost() throws InterruptedException {
    int kicks = 0;
    try (MmioDriver driver = new MmioDriver(new Echo())) {
      driver.begin();
      new Chains(driver)
          .write(0, Chains.Shape.DIRECT, List.of(new Chains.Piece(MmioDriver.DATA, 16, true)));
      for (int i = 0; i < REQUESTS; i++) {
        driver.offerHead(0, 0);
        // Our index is out before we read the device's event: as it does it the other way round.
        VarHandle.fullFence();
        if (driver.kickIsWanted(0)) {
          driver.kick(0);
          kicks++;
        }
        // Some times the answer is there before anybody sleeps, some times after; and the next
        // request comes at any moment of the device's way to its sleep.
        for (int spins = i % 64 * 16; spins > 0 && driver.usedIndex(0) == (i & 0xFFFF); ) {
          spins--;
        }
        driver.awaitUsedIndex(0, i + 1);
        for (int delay = i % 512; delay > 0; delay--) {
          driver.usedIndex(0);
        }
      }
      assertThat(driver.usedIndex(0)).isEqualTo(REQUESTS & 0xFFFF);
    }
    assertThat(kicks).isBetween(1, REQUESTS);
  }
}
