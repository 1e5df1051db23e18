package dev.beagle.runtime.virtio.block;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import java.util.EnumSet;
import java.util.Set;

/** A disk in its place, and which of its errors the owner knows. Any thread. */
final class Attachment {
  private final String name;
  private final Disk disk;
  private final DiskOwner owner;
  private final Set<FailureKind> told = EnumSet.noneOf(FailureKind.class);
  private boolean waiting;
  private volatile boolean detached;

  Attachment(String name, Disk disk, DiskOwner owner) {
    this.name = name;
    this.disk = disk;
    this.owner = owner;
  }

  Disk disk() {
    return disk;
  }

  /** From now on its errors are the guest's own affair. */
  void detached() {
    detached = true;
  }

  /** The guest gets an I/O error, the owner the reason. */
  void tell(Failure error) {
    synchronized (told) {
      if (detached || !told.add(error.kind())) {
        return;
      }
    }
    owner.failed(failure(error, "the guest got an I/O error"));
  }

  /** The guest waits for its writes, the owner gets the reason. */
  void stalled(Failure error) {
    synchronized (told) {
      if (detached || waiting) {
        return;
      }
      waiting = true;
    }
    owner.failed(
        failure(error, "the guest's writes wait until there is room on that disk of the host"));
  }

  /** Nothing waits any more, for its driver is gone: the next that waits is told again. */
  void abandoned() {
    synchronized (told) {
      waiting = false;
    }
  }

  /** There was room for all that waited. */
  void resumed() {
    synchronized (told) {
      if (detached || !waiting) {
        return;
      }
      waiting = false;
    }
    owner.resumed("disk %s: the guest's writes go on".formatted(name));
  }

  private Failure failure(Failure error, String what) {
    return Failure.of(error.kind(), "disk %s: %s; %s".formatted(name, error.reason(), what), error);
  }
}
