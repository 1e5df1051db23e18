package dev.beagle.runtime.virtio.block;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/** A disk whose flushes stand before a gate until it is opened. */
final class FlushGate implements Disk {
  private final Disk behind;
  private final CountDownLatch flushing = new CountDownLatch(1);
  private final CountDownLatch open = new CountDownLatch(1);

  FlushGate(Disk behind) {
    this.behind = behind;
  }

  void awaitFlush() throws InterruptedException {
    flushing.await();
  }

  void open() {
    open.countDown();
  }

  @Override
  public void sync() {
    flushing.countDown();
    try {
      open.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    behind.sync();
  }

  @Override
  public long sizeBytes() {
    return behind.sizeBytes();
  }

  @Override
  public boolean readOnly() {
    return behind.readOnly();
  }

  @Override
  public void read(List<MemorySegment> parts, long offset) {
    behind.read(parts, offset);
  }

  @Override
  public void write(List<MemorySegment> parts, long offset) {
    behind.write(parts, offset);
  }

  @Override
  public void discard(long offset, long length) {
    behind.discard(offset, length);
  }

  @Override
  public void zero(long offset, long length, boolean mayUnmap) {
    behind.zero(offset, length, mayUnmap);
  }
}
