package dev.beagle.runtime.virtio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.runtime.memory.GuestViolation;
import org.junit.jupiter.api.Test;

final class VirtqueueTest {
  private final DriverRing driver = new DriverRing(8);

  private DescriptorChain take(Virtqueue queue) {
    return queue.poll().orElseThrow();
  }

  private void assertBroken(String reason) {
    driver.offer(0);
    Virtqueue queue = driver.queue(true);
    assertThatThrownBy(queue::poll).isInstanceOf(GuestViolation.class).hasMessageContaining(reason);
  }

  @Test
  void indicesWrapPastSixteenBitsOnBothRings() {
    Virtqueue queue = driver.queue(true);
    driver.describe(DriverRing.RAM, 3, DriverRing.DATA, 16, Virtqueue.WRITE, 0);
    for (int i = 0; i < 70_000; i++) {
      driver.offer(3);
      queue.complete(take(queue), 7);
      assertThat(queue.poll()).isEmpty();
    }
    assertThat(driver.usedIndex()).isEqualTo(70_000 & 0xFFFF);
    assertThat(driver.usedLength(0)).isEqualTo(7);
  }

  @Test
  void directThenIndirectIsOneChainAndEmptyPartsAreSkipped() {
    driver.describe(DriverRing.RAM, 0, DriverRing.DATA, 16, Virtqueue.NEXT, 1);
    driver.describe(DriverRing.RAM, 1, DriverRing.TABLE, 16 * 10, Virtqueue.INDIRECT, 0);
    for (int i = 0; i < 10; i++) {
      int flags = (i < 9 ? Virtqueue.NEXT : 0) | (i > 4 ? Virtqueue.WRITE : 0);
      driver.describe(DriverRing.TABLE, i, DriverRing.DATA, i == 5 ? 0 : 4, flags, i + 1);
    }
    driver.offer(0);
    DescriptorChain chain = take(driver.queue(true));
    assertThat(chain.readableBytes()).isEqualTo(16 + 5 * 4);
    assertThat(chain.writableBytes()).isEqualTo(4 * 4);
    assertThat(chain.writable()).hasSize(4);
  }

  @Test
  void aChainOfAllEntriesIsTakenAndALoopIsNot() {
    for (int i = 0; i < 8; i++) {
      driver.describe(DriverRing.RAM, i, DriverRing.DATA, 1, i < 7 ? Virtqueue.NEXT : 0, i + 1);
    }
    driver.offer(0);
    assertThat(take(driver.queue(true)).readable()).hasSize(8);
    driver.describe(DriverRing.RAM, 7, DriverRing.DATA, 0, Virtqueue.NEXT, 0);
    assertBroken("more than 8 descriptors");
  }

  @Test
  void brokenChainsAndRingsAreViolations() {
    driver.describe(DriverRing.RAM, 0, -8, 16, 0, 0);
    assertBroken("not within the machine's memory");
    driver.describe(DriverRing.RAM, 0, DriverRing.DATA, 1, Virtqueue.NEXT, 8);
    assertBroken("descriptor 8 of 8");
    driver.describe(DriverRing.RAM, 0, DriverRing.TABLE, 17, Virtqueue.INDIRECT, 0);
    assertBroken("indirect table of 17 bytes");
    driver.describe(DriverRing.RAM, 0, DriverRing.TABLE, 16, Virtqueue.INDIRECT, 0);
    driver.describe(DriverRing.TABLE, 0, DriverRing.TABLE, 16, Virtqueue.INDIRECT, 0);
    assertBroken("within another");
    driver.jump(100);
    assertBroken("available in a ring of 8");
  }

  @Test
  void indirectTablesAreForWhoAcceptedThem() {
    driver.describe(DriverRing.RAM, 0, DriverRing.TABLE, 16, Virtqueue.INDIRECT, 0);
    driver.describe(DriverRing.TABLE, 0, DriverRing.DATA, 16, 0, 0);
    driver.offer(0);
    assertThat(take(driver.queue(Virtqueue.INDIRECT_DESC)).readableBytes()).isEqualTo(16);
    Virtqueue without = driver.queue(Virtqueue.EVENT_IDX);
    assertThatThrownBy(without::poll)
        .isInstanceOf(GuestViolation.class)
        .hasMessageContaining("without INDIRECT_DESC");
  }

  @Test
  void noMoreRequestsAreOpenThanTheRingHasEntries() {
    Virtqueue queue = driver.queue(true);
    driver.describe(DriverRing.RAM, 0, DriverRing.DATA, 16, 0, 0);
    for (int i = 0; i < 8; i++) {
      driver.offer(0);
      take(queue);
    }
    driver.offer(0);
    assertThatThrownBy(queue::poll)
        .isInstanceOf(GuestViolation.class)
        .hasMessageContaining("9 requests available in a ring of 8");
  }

  @Test
  void anIndexThatGoesBackIsAViolation() {
    Virtqueue queue = driver.queue(true);
    driver.describe(DriverRing.RAM, 0, DriverRing.DATA, 16, 0, 0);
    driver.offer(0);
    driver.offer(0);
    take(queue);
    take(queue);
    driver.jump(-1);
    assertThatThrownBy(queue::poll).isInstanceOf(GuestViolation.class);
  }

  @Test
  void aRingOutsideOfMemoryIsRefused() {
    Virtqueue.Place end =
        new Virtqueue.Place(
            DriverRing.RAM, DriverRing.RAM + 0x2000, DriverRing.RAM + DriverRing.RAM_BYTES - 8);
    assertThatThrownBy(() -> new Virtqueue(driver.memory, 8, end, 0))
        .isInstanceOf(GuestViolation.class);
    assertThatThrownBy(() -> new Virtqueue(driver.memory, 6, driver.place, 0))
        .isInstanceOf(GuestViolation.class);
  }

  @Test
  void interruptsFollowTheDriversEvent() {
    Virtqueue queue = driver.queue(true);
    driver.describe(DriverRing.RAM, 0, DriverRing.DATA, 16, Virtqueue.WRITE, 0);
    driver.wantInterruptAfter(2);
    boolean[] wanted = new boolean[4];
    for (int i = 0; i < wanted.length; i++) {
      driver.offer(0);
      queue.complete(take(queue), 0);
      wanted[i] = queue.wantsInterrupt();
    }
    assertThat(wanted).containsExactly(true, false, true, false);
    assertThat(queue.wantsInterrupt()).isFalse();
  }

  @Test
  void aRequestThatCameBeforeSleepIsSeen() {
    Virtqueue queue = driver.queue(true);
    assertThat(queue.awaitKick()).isFalse();
    driver.describe(DriverRing.RAM, 0, DriverRing.DATA, 16, 0, 0);
    driver.offer(0);
    assertThat(queue.awaitKick()).isTrue();
  }
}
