package dev.beagle.runtime.virtio.mmio;

import dev.beagle.runtime.hypervisor.InterruptLine;
import dev.beagle.runtime.memory.GuestMemory;
import dev.beagle.runtime.virtio.VirtioDevice;
import java.lang.foreign.Arena;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.List;

/**
 * A guest's driver of one device, through its registers and guest memory only, honest or not. One
 * test's thread; interrupts come from the device's worker.
 */
public final class MmioDriver implements AutoCloseable {
  public static final long RAM = 0x4000_0000L;
  public static final long DATA = RAM + 0x10_0000;
  static final int RAM_BYTES = 0x20_0000;
  private static final long RING_BYTES = 0x1_0000;

  private static final class Line implements InterruptLine {
    private boolean up;

    @Override
    public synchronized void raise() {
      up = true;
      notifyAll();
    }

    @Override
    public synchronized void lower() {
      up = false;
    }

    synchronized void await() throws InterruptedException {
      while (!up) {
        wait();
      }
    }

    synchronized boolean isUp() {
      return up;
    }
  }

  public final GuestMemory memory =
      new GuestMemory(
          List.of(new GuestMemory.Region(RAM, Arena.ofAuto().allocate(RAM_BYTES, 4096))));
  private final Line line = new Line();
  private final VirtioMmioTransport registers;
  private final int[] available = new int[8];

  public MmioDriver(VirtioDevice device) {
    registers = new VirtioMmioTransport(device, memory, line);
  }

  public int read(int offset) {
    return (int) registers.read(offset, 4);
  }

  public void write(int offset, int value) {
    registers.write(offset, 4, value & 0xFFFF_FFFFL);
  }

  int status() {
    return read(0x70);
  }

  void addStatus(int bit) {
    write(0x70, status() | bit);
  }

  long offered() {
    write(0x14, 1);
    long high = read(0x10) & 0xFFFF_FFFFL;
    write(0x14, 0);
    return (high << 32) | (read(0x10) & 0xFFFF_FFFFL);
  }

  /** Reset to FEATURES_OK, as Linux does it. */
  void negotiate(long features) {
    write(0x70, 0);
    Arrays.fill(available, 0);
    addStatus(VirtioMmioTransport.ACKNOWLEDGE);
    addStatus(VirtioMmioTransport.DRIVER);
    write(0x24, 1);
    write(0x20, (int) (features >>> 32));
    write(0x24, 0);
    write(0x20, (int) features);
    addStatus(VirtioMmioTransport.FEATURES_OK);
  }

  int maxSize(int queue) {
    write(0x30, queue);
    return read(0x34);
  }

  static long ring(int queue) {
    return RAM + queue * RING_BYTES;
  }

  void openQueue(int queue, int size, long descriptors) {
    write(0x30, queue);
    write(0x38, size);
    long[] areas = {descriptors, ring(queue) + 0x6000, ring(queue) + 0x8000};
    for (int area = 0; area < areas.length; area++) {
      write(0x80 + 0x10 * area, (int) areas[area]);
      write(0x84 + 0x10 * area, (int) (areas[area] >>> 32));
    }
    memory.setShort(areas[1], 0);
    memory.setShortRelease(areas[1] + 2, 0);
    memory.setShortRelease(areas[2] + 2, 0);
    write(0x44, 1);
  }

  /** From nothing to DRIVER_OK with all features and queues of at most 256 entries. */
  public void begin() {
    begin(offered());
  }

  /** The same with some features only. */
  public void begin(long features) {
    negotiate(features);
    for (int queue = 0; maxSize(queue) != 0; queue++) {
      openQueue(queue, Math.min(256, maxSize(queue)), ring(queue));
    }
    addStatus(VirtioMmioTransport.DRIVER_OK);
  }

  /**
   * Writes a chain of one descriptor, the first, and makes it available, without a kick.
   *
   * @param flags 2 where the device writes
   */
  public void offer(int queue, long address, int length, int flags) {
    offer(queue, 0, address, length, flags);
  }

  /** The same by another descriptor, for several requests at once. */
  public void offer(int queue, int head, long address, int length, int flags) {
    long descriptor = ring(queue) + 16L * head;
    memory.setLong(descriptor, address);
    memory.setInt(descriptor + 8, length);
    memory.setShort(descriptor + 12, flags);
    memory.setShort(descriptor + 14, 0);
    offerHead(queue, head);
  }

  /** Makes a chain available that is there already, and wants to hear when it was used. */
  void offerHead(int queue, int head) {
    int size = ringSize(queue);
    memory.setShort(ring(queue) + 0x6004 + 2L * (available[queue] & size - 1), head);
    memory.setShort(ring(queue) + 0x6004 + 2L * size, available[queue]);
    jump(queue, 1);
  }

  int ringSize(int queue) {
    return Math.min(256, maxSize(queue));
  }

  void jump(int queue, int by) {
    available[queue] = available[queue] + by & 0xFFFF;
    memory.setShortRelease(ring(queue) + 0x6002, available[queue]);
  }

  public void kick(int queue) {
    write(0x50, queue);
  }

  /** Whether the device asked, by its event, to hear of the request made available last. */
  boolean kickIsWanted(int queue) {
    return event(queue) == (available[queue] - 1 & 0xFFFF);
  }

  private int event(int queue) {
    return memory.getShortAcquire(ring(queue) + 0x8004 + 8L * ringSize(queue));
  }

  /** Waits until the device has taken all requests and sleeps; it needs EVENT_IDX. */
  public void awaitTaken(int queue) {
    while (event(queue) != available[queue]) {
      Thread.onSpinWait();
    }
  }

  /** Waits for an interrupt and acknowledges it. */
  public int awaitInterrupt() throws InterruptedException {
    line.await();
    int bits = read(0x60);
    write(0x64, bits);
    return bits;
  }

  /** Waits, by interrupts, until more than a number of requests were used. */
  public void awaitUsed(int queue, int more) throws InterruptedException {
    int size = ringSize(queue);
    while (usedIndex(queue) == more) {
      memory.setShort(ring(queue) + 0x6004 + 2L * size, more);
      VarHandle.fullFence();
      if (usedIndex(queue) == more) {
        awaitInterrupt();
      }
    }
  }

  /** Waits, by interrupts, until the used index is there. */
  public void awaitUsedIndex(int queue, int index) throws InterruptedException {
    long event = ring(queue) + 0x6004 + 2L * ringSize(queue);
    while (true) {
      memory.setShort(event, index - 1);
      VarHandle.fullFence();
      if (usedIndex(queue) == (index & 0xFFFF)) {
        return;
      }
      awaitInterrupt();
    }
  }

  /** Waits for an interrupt that tells of the configuration. */
  public void awaitConfigurationChange() throws InterruptedException {
    int bits = 0;
    while ((bits & DeviceInterrupts.CONFIG) == 0) {
      bits = awaitInterrupt();
    }
  }

  /** A field, in words of 32 bits as Linux reads it. */
  public long configuration(int offset, int sizeBytes) {
    long value = 0;
    for (int at = 0; at < sizeBytes; at += 4) {
      value |= (read(0x100 + offset + at) & 0xFFFF_FFFFL) << (8 * at);
    }
    return value;
  }

  /** As Linux does it: once this returns the rings are anybody's memory. */
  public void reset() {
    write(0x70, 0);
  }

  boolean interrupted() {
    return line.isUp();
  }

  public int usedIndex(int queue) {
    return memory.getShortAcquire(ring(queue) + 0x8002);
  }

  /** Of the last entry of the used ring. */
  public int usedLength(int queue) {
    return usedLength(queue, usedIndex(queue) - 1);
  }

  /** Of the entry that was used as the one with a number, from 0. */
  public int usedLength(int queue, int number) {
    int size = ringSize(queue);
    return memory.getInt(ring(queue) + 0x8008 + 8L * (number & size - 1));
  }

  @Override
  public void close() {
    registers.close();
  }
}
