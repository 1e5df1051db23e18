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
  private static final long SENT = MmioDriver.DATA;
  private static final long ROOM = MmioDriver.DATA + 0x8_0000;

  private final MmioDriver driver;

  BlockDriver(MmioDriver driver) {
    this.driver = driver;
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
  void send(int type, long sector, byte[] data, int room) {
    byte[] header = header(type, sector);
    driver.memory.slice(SENT, 16).copyFrom(MemorySegment.ofArray(header));
    driver.memory.slice(SENT + 16, data.length).copyFrom(MemorySegment.ofArray(data));
    driver.memory.slice(ROOM, room + 1).fill((byte) 0x5a);
    new Chains(driver)
        .offer(
            0,
            Chains.Shape.DIRECT,
            List.of(
                new Piece(SENT, 16, false),
                new Piece(SENT + 16, data.length, false),
                new Piece(ROOM, room, true),
                new Piece(ROOM + room, 1, true)));
    driver.kick(0);
  }

  /** What is where the status of a request comes. */
  byte status(int room) {
    return (byte) driver.memory.getByte(ROOM + room);
  }

  /** What is where the data of a request come. */
  byte[] data(int room) {
    return driver.memory.slice(ROOM, room).toArray(ValueLayout.JAVA_BYTE);
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
  byte ask(int type, long sector, byte[] data, int room) throws InterruptedException {
    int before = used();
    send(type, sector, data, room);
    awaitUsed(before + 1);
    return status(room);
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

  @Override
  public void close() {
    driver.close();
  }
}
