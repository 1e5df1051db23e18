package dev.beagle.runtime.virtio.mmio;

import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.runtime.virtio.Virtqueue;
import dev.beagle.runtime.virtio.mmio.Chains.Piece;
import dev.beagle.runtime.virtio.mmio.Chains.Shape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What every device does whose requests are answered one by one, shown by one of its requests. */
public abstract class VirtioRequestContract extends VirtioDeviceContract {
  private static final long SENT = MmioDriver.DATA;
  private static final long ROOM = MmioDriver.DATA + 0x4_0000;
  private static final byte UNTOUCHED = 0x5a;

  /**
   * @param sent to the device
   * @param room in bytes, for its answer
   */
  public record Example(int queue, MemorySegment sent, int room) {}

  /** Always the same. */
  protected abstract Example example();

  /**
   * Fails unless the example was answered, once, since the last call.
   *
   * @param room with what the device wrote
   * @param used how much that is
   */
  protected abstract void check(byte[] room, int used);

  private byte[] ask(Shape shape, List<Piece> pieces) throws InterruptedException {
    return ask(new Chains(driver), shape, pieces);
  }

  private byte[] ask(Chains chains, Shape shape, List<Piece> pieces) throws InterruptedException {
    Example example = example();
    prepare(example);
    int before = driver.usedIndex(example.queue);
    chains.offer(example.queue, shape, pieces);
    driver.kick(example.queue);
    driver.awaitUsedIndex(example.queue, before + 1);
    return driver.memory.slice(ROOM, example.room).toArray(ValueLayout.JAVA_BYTE);
  }

  private void prepare(Example example) {
    driver.memory.slice(SENT, example.sent.byteSize()).copyFrom(example.sent);
    driver.memory.slice(ROOM, example.room).fill(UNTOUCHED);
  }

  private static byte[] untouched(int length) {
    byte[] bytes = new byte[length];
    Arrays.fill(bytes, UNTOUCHED);
    return bytes;
  }

  private void askAndCheck(Shape shape, List<Piece> pieces) throws InterruptedException {
    byte[] room = ask(shape, pieces);
    check(room, driver.usedLength(example().queue));
  }

  private Piece sent() {
    return Piece.read(SENT, (int) example().sent.byteSize());
  }

  private Piece room() {
    return Piece.written(ROOM, example().room);
  }

  private static List<Piece> both(List<Piece> sent, List<Piece> room) {
    return Stream.concat(sent.stream(), room.stream()).toList();
  }

  @ParameterizedTest
  @EnumSource
  final void aRequestIsTheSameWhereverItIsCut(Shape shape) throws InterruptedException {
    driver.begin();
    for (int cut = 0; cut <= sent().length(); cut++) {
      askAndCheck(shape, both(Chains.cut(sent(), cut), List.of(room())));
    }
    for (int cut = 0; cut <= room().length(); cut++) {
      askAndCheck(shape, both(List.of(sent()), Chains.cut(room(), cut)));
    }
  }

  @ParameterizedTest
  @EnumSource
  final void emptyEntriesAreSkippedWhereverTheyAre(Shape shape) throws InterruptedException {
    driver.begin();
    int middle = sent().length() / 2;
    List<Piece> sent = Chains.cut(sent(), 0, middle, middle, sent().length());
    List<Piece> room = Chains.cut(room(), 0, room().length());
    askAndCheck(shape, both(sent, room));
  }

  @Test
  final void anIndirectTableIsLongerThanTheRing() throws InterruptedException {
    driver.begin();
    int entries = driver.ringSize(example().queue) + 2;
    int each = 1 + (sent().length() + room().length()) / (entries - 2);
    List<Piece> pieces = new ArrayList<>();
    for (Piece whole : List.of(sent(), room())) {
      for (int at = 0; at < whole.length(); at += each) {
        int length = Math.min(each, whole.length() - at);
        pieces.add(new Piece(whole.address() + at, length, whole.written()));
      }
    }
    pieces.addAll(Collections.nCopies(entries - pieces.size(), Piece.written(ROOM, 0)));
    askAndCheck(Shape.INDIRECT, pieces);
  }

  @Test
  final void whatLacksAPartIsGivenBackWithNothingWritten() throws InterruptedException {
    driver.begin();
    List<List<Piece>> lacking = new ArrayList<>();
    lacking.add(List.of(Piece.read(SENT, 0)));
    lacking.add(List.of(Piece.written(ROOM, 0)));
    if (room().length() > 0) {
      lacking.add(List.of(sent()));
    }
    if (sent().length() > 0) {
      lacking.add(List.of(Piece.written(ROOM, 64)));
    }
    for (List<Piece> pieces : lacking) {
      assertThat(ask(Shape.DIRECT, pieces)).isEqualTo(untouched(room().length()));
      assertThat(driver.usedLength(example().queue)).isZero();
    }
    askAndCheck(Shape.DIRECT, List.of(sent(), room()));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  final void indicesWrap(boolean eventIndex) throws InterruptedException {
    driver.begin(driver.offered() & ~(eventIndex ? 0 : Virtqueue.EVENT_IDX));
    int queue = example().queue;
    prepare(example());
    new Chains(driver).write(queue, Shape.DIRECT, List.of(sent(), room()));
    int batch = driver.ringSize(queue);
    int used = 0;
    while (used < 70_000) {
      for (int i = 0; i < batch; i++) {
        driver.offerHead(queue, 0);
      }
      driver.kick(queue);
      used += batch;
      driver.awaitUsedIndex(queue, used);
    }
    assertThat(driver.usedIndex(queue)).isEqualTo(used & 0xFFFF);
  }

  @Test
  final void indirectTablesThatWereNotAcceptedCostTheDevice() throws InterruptedException {
    driver.begin(VirtioMmioTransport.VERSION_1);
    askAndCheck(Shape.DIRECT, List.of(sent(), room()));
    new Chains(driver).offer(example().queue, Shape.INDIRECT, List.of(sent(), room()));
    driver.kick(example().queue);
    assertDead();
  }

  @Test
  final void whateverAChainIsItIsGivenBackOrCostsTheDevice() throws InterruptedException {
    long seed = new Random().nextLong();
    System.out.printf("%s: hostile chains, seed %d%n", device.traits().name(), seed);
    Random random = new Random(seed);
    Chains chains = new Chains(driver);
    int queue = example().queue;
    int dead = 0;
    driver.begin();
    for (int round = 0; round < 2000; round++) {
      if (random.nextBoolean()) {
        prepare(example());
      }
      chains.writeAny(queue, random);
      int before = driver.usedIndex(queue);
      driver.offerHead(queue, random.nextInt(driver.ringSize(queue)));
      driver.kick(queue);
      if ((driver.awaitInterrupt() & DeviceInterrupts.CONFIG) == 0) {
        assertThat(driver.usedIndex(queue)).isEqualTo(before + 1 & 0xFFFF);
      } else {
        assertThat(driver.status() & VirtioMmioTransport.NEEDS_RESET).isNotZero();
        dead++;
        driver.begin();
      }
    }
    assertThat(dead).isBetween(50, 1950);
    driver.begin();
    ask(Shape.DIRECT, List.of(sent(), room()));
    assertThat(driver.status() & VirtioMmioTransport.NEEDS_RESET).isZero();
  }

  @Test
  final void nothingIsWrittenAfterAReset() {
    Example example = example();
    int queue = example.queue;
    for (int round = 0; round < 100; round++) {
      driver.begin();
      prepare(example);
      new Chains(driver).write(queue, Shape.DIRECT, List.of(sent(), room()));
      for (int i = 0; i < driver.ringSize(queue); i++) {
        driver.offerHead(queue, 0);
      }
      driver.kick(queue);
      driver.write(0x70, 0);
      int used = driver.usedIndex(queue);
      prepare(example);
      assertThat(Thread.getAllStackTraces().keySet())
          .extracting(Thread::getName)
          .doesNotContain("device-" + device.traits().name());
      assertThat(driver.memory.slice(ROOM, example.room).toArray(ValueLayout.JAVA_BYTE))
          .isEqualTo(untouched(example.room));
      assertThat(driver.usedIndex(queue)).isEqualTo(used);
      assertThat(driver.interrupted()).isFalse();
    }
  }
}
