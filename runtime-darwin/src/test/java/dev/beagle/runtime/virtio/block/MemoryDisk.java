package dev.beagle.runtime.virtio.block;

import dev.beagle.failure.Failure;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A disk that is an array, remembers what was asked of it, and fails or stands still when told. */
final class MemoryDisk implements Disk {
  private final byte[] bytes;
  private final List<String> log = new ArrayList<>();
  private boolean readOnly;
  private int syncs;
  private @Nullable Failure failure;
  private @Nullable Failure full;
  private boolean holesTakeRoom;

  /** Whether each call waits, and how many do. */
  private boolean standing;

  private int waiting;

  MemoryDisk(int size) {
    bytes = BlockDriver.numbered(size);
  }

  synchronized byte[] bytes(int from, int length) {
    return Arrays.copyOfRange(bytes, from, from + length);
  }

  synchronized void setReadOnly() {
    readOnly = true;
  }

  synchronized void failWith(Failure reason) {
    failure = reason;
  }

  /** Writes fail so, and nothing else. */
  synchronized void fillUp(Failure reason) {
    full = reason;
  }

  /** As where a file system copies what it changes. */
  synchronized void letHolesTakeRoom() {
    holesTakeRoom = true;
  }

  synchronized void makeRoom() {
    full = null;
  }

  synchronized void stand() {
    standing = true;
  }

  synchronized void goOn() {
    standing = false;
    notifyAll();
  }

  /** Returns when a call stands still. */
  synchronized void awaitCall() throws InterruptedException {
    while (waiting == 0) {
      wait();
    }
  }

  synchronized int syncs() {
    return syncs;
  }

  synchronized List<String> log() {
    return List.copyOf(log);
  }

  private void begin() {
    waiting++;
    notifyAll();
    while (standing) {
      try {
        wait();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
    waiting--;
    if (failure != null) {
      throw Failure.of(failure.kind(), failure.reason());
    }
  }

  private void requireRoom() {
    if (full != null) {
      throw Failure.of(full.kind(), full.reason());
    }
  }

  @Override
  public synchronized long sizeBytes() {
    return bytes.length;
  }

  @Override
  public synchronized boolean readOnly() {
    return readOnly;
  }

  @Override
  public synchronized void read(List<MemorySegment> parts, long offset) {
    begin();
    long at = offset;
    for (MemorySegment part : parts) {
      MemorySegment.copy(MemorySegment.ofArray(bytes), at, part, 0, part.byteSize());
      at += part.byteSize();
    }
  }

  @Override
  public synchronized void write(List<MemorySegment> parts, long offset) {
    begin();
    requireRoom();
    long at = offset;
    for (MemorySegment part : parts) {
      MemorySegment.copy(part, 0, MemorySegment.ofArray(bytes), at, part.byteSize());
      at += part.byteSize();
    }
  }

  @Override
  public synchronized void sync() {
    begin();
    syncs++;
  }

  @Override
  public synchronized void discard(long offset, long length) {
    begin();
    if (holesTakeRoom) {
      requireRoom();
    }
    log.add("discard " + offset + "+" + length);
  }

  @Override
  public synchronized void zero(long offset, long length, boolean mayUnmap) {
    begin();
    requireRoom();
    log.add("zero " + offset + "+" + length + (mayUnmap ? ", unmapped" : ""));
  }
}
