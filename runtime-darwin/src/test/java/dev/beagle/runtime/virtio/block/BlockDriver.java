package dev.beagle.runtime.virtio.block;

import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.runtime.virtio.VirtioDevice;
import dev.beagle.runtime.virtio.mmio.Chains;
import dev.beagle.runtime.virtio.mmio.Chains.Piece;
import dev.beagle.runtime.virtio.mmio.MmioDriver;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/** A guest's driver of a disk, one request at a time. */
final class BlockDriver implements AutoCloseable {
  private static final long OUT = MmioDriver.DATA;
  private static final long IN = MmioDriver.DATA + 0x8_0000;
  private static final long BESIDE = 0x5_0000;
  private static final long NEXT = 0x1_0000;

  private final MmioDriver driver;
  private final long sent;
  private final long room;

  BlockDriver(MmioDriver driver) {
    this(driver, 0);
  }

  private BlockDriver(MmioDriver driver, long offset) {
    this.driver = driver;
    this.sent = OUT + offset;
    this.room = IN + offset;
  }

  /**
   * The same driver with other memory, for requests during one of the first that waits; of one that
   * is beside another, for less than 64 KiB.
   */
  BlockDriver beside() {
    long offset = sent - OUT;
    return new BlockDriver(driver, offset == 0 ? BESIDE : offset + NEXT);
  }

  /** Begun, with all that is offered. */
  static BlockDriver of(VirtioDevice device) {
    MmioDriver driver = new MmioDriver(device);
    driver.begin();
    return new BlockDriver(driver);
  }

  static byte[] header(int type, long sector) {
    return ByteBuffer.allocate(16)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(0, type)
        .putLong(8, sector)
        .array();
  }

  static byte[] numbered(int length) {
    byte[] bytes = new byte[length];
    for (int i = 0; i < length; i++) {
      bytes[i] = (byte) (i ^ (i >> 8));
    }
    return bytes;
  }

  /** Sends a request without waiting for its answer. */
  void send(int type, long sector, byte[] data, int length) {
    byte[] header = header(type, sector);
    driver.memory.slice(sent, 16).copyFrom(MemorySegment.ofArray(header));
    driver.memory.slice(sent + 16, data.length).copyFrom(MemorySegment.ofArray(data));
    driver.memory.slice(room, length + 1).fill((byte) 0x5a);
    new Chains(driver)
        .offer(
            0,
            Chains.Shape.DIRECT,
            List.of(
                new Piece(sent, 16, false),
                new Piece(sent + 16, data.length, false),
                new Piece(room, length, true),
                new Piece(room + length, 1, true)));
    driver.kick(0);
  }

  /** What is where the status of a request comes. */
  byte status(int length) {
    return (byte) driver.memory.getByte(room + length);
  }

  /** What is where the data of a request come. */
  byte[] data(int length) {
    return driver.memory.slice(room, length).toArray(ValueLayout.JAVA_BYTE);
  }

  /** Waits until the device has taken what was sent. */
  void awaitTaken() {
    driver.awaitTaken(0);
  }

  int used() {
    return driver.usedIndex(0);
  }

  void awaitUsed(int index) throws InterruptedException {
    driver.awaitUsedIndex(0, index);
  }

  /** Gives the status. */
  byte ask(int type, long sector, byte[] data, int length) throws InterruptedException {
    int before = used();
    send(type, sector, data, length);
    awaitUsed(before + 1);
    return status(length);
  }

  byte[] read(long sector, int length) throws InterruptedException {
    assertThat(ask(BlockRequest.IN, sector, new byte[0], length)).isEqualTo(BlockRequest.OK);
    return data(length);
  }

  byte write(long sector, byte[] data) throws InterruptedException {
    return ask(BlockRequest.OUT, sector, data, 0);
  }

  byte flush() throws InterruptedException {
    return ask(BlockRequest.FLUSH, 0, new byte[0], 0);
  }

  /** Discards or zeroes one range. */
  byte ranges(int type, long sector, int sectors, int flags) throws InterruptedException {
    ByteBuffer range = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
    range.putLong(sector).putInt(sectors).putInt(flags);
    return ask(type, 0, range.array(), 0);
  }

  long capacity() {
    return driver.configuration(0, 8);
  }

  void awaitConfigurationChange() throws InterruptedException {
    driver.awaitConfigurationChange();
  }

  void reset() {
    driver.reset();
  }

  /** Anew, with all that is offered. */
  void begin() {
    driver.begin();
  }

  @Override
  public void close() {
    driver.close();
  }
}
