package dev.beagle.net.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BufferPoolTest {
  private static final int SMALLEST = 4 << 10;
  private static final int MEBIBYTE = 1 << 20;

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void whateverRingsDoTheMemoryIsBoundedAndNoneIsRefusedAndNoByteIsLost(long seed) {
    Random random = new Random(seed);
    int budget = 8 * MEBIBYTE;
    BufferPool pool = new BufferPool(budget);
    List<ByteRing> rings = new ArrayList<>();
    List<Long> put = new ArrayList<>();
    List<Long> taken = new ArrayList<>();
    for (int ring = 0; ring < 1000; ring++) {
      rings.add(new ByteRing(pool.share("holder " + ring % 7), MEBIBYTE));
      put.add(0L);
      taken.add(0L);
    }
    for (int step = 0; step < 60_000; step++) {
      int at = random.nextInt(step % 20_000 < 10_000 ? 1000 : 20);
      ByteRing ring = rings.get(at);
      if (random.nextInt(5) < 3) {
        ByteBuffer bytes = numbered(put.get(at), 1 + random.nextInt(20_000));
        int count = ring.put(bytes);
        assertThat(count > 0 || ring.size() >= SMALLEST).isTrue();
        put.set(at, put.get(at) + count);
      } else if (!ring.isEmpty()) {
        ByteBuffer front = ring.front();
        assertThat(front.get(front.position())).isEqualTo((byte) (long) taken.get(at));
        int count = random.nextBoolean() ? front.remaining() : 1 + random.nextInt(ring.size());
        ring.discard(count);
        taken.set(at, taken.get(at) + count);
      }
      assertThat(pool.allocatedBytes())
          .isLessThanOrEqualTo((long) budget + 1000 * SMALLEST + MEBIBYTE);
      assertThat(pool.lentBytes()).isLessThanOrEqualTo(pool.allocatedBytes());
    }
    rings.forEach(ByteRing::clear);
    assertThat(pool.lentBytes()).isZero();
    long allocated = pool.allocatedBytes();
    ByteRing large = new ByteRing(pool.share("another"), MEBIBYTE);
    assertThat(large.put(ByteBuffer.allocate(MEBIBYTE))).isEqualTo(MEBIBYTE);
    assertThat(pool.allocatedBytes()).as("neighbours are joined again").isEqualTo(allocated);
  }

  private static ByteBuffer numbered(long from, int count) {
    ByteBuffer bytes = ByteBuffer.allocate(count);
    for (int i = 0; i < count; i++) {
      bytes.put(i, (byte) (from + i));
    }
    return bytes;
  }

  @Test
  void oneHolderHasAQuarterAndTheOthersTheRest() {
    BufferPool pool = new BufferPool(8L * MEBIBYTE);
    List<ByteRing> greedy = new ArrayList<>();
    for (int ring = 0; ring < 100; ring++) {
      greedy.add(new ByteRing(pool.share("greedy"), MEBIBYTE));
      greedy.getLast().put(ByteBuffer.allocate(MEBIBYTE));
    }
    assertThat(pool.lentBytes()).isLessThanOrEqualTo(2L * MEBIBYTE + 100 * SMALLEST);
    assertThat(greedy).noneMatch(ByteRing::isEmpty);
    ByteRing other = new ByteRing(pool.share("other"), MEBIBYTE);
    assertThat(other.put(ByteBuffer.allocate(MEBIBYTE))).isEqualTo(MEBIBYTE);
  }

  @Test
  void aQueueTakesTheLongestFrameWhenThereIsNoMemoryLeftAndRefusesTheNext() {
    BufferPool pool = new BufferPool(0, 256 << 10);
    ByteRing queue = new ByteRing(pool.share("port"), MEBIBYTE);
    int longest = 65_609;
    assertThat(queue.put(ByteBuffer.allocate(longest))).isEqualTo(longest);
    int frames = 1;
    while (queue.hasRoom(longest)) {
      assertThat(queue.put(ByteBuffer.allocate(longest))).isEqualTo(longest);
      frames++;
    }
    assertThat(frames).isEqualTo(3);
  }
}
