package dev.beagle.runtime.virtio.block;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import java.util.EnumSet;
import java.util.Set;
import java.util.function.Consumer;

/** A disk in its place, and which of its errors the owner knows. Any thread. */
final class Attachment {
  private final String name;
  private final Disk disk;
  private final Consumer<Failure> owner;
  private final Set<FailureKind> told = EnumSet.noneOf(FailureKind.class);
  private volatile boolean detached;

  Attachment(String name, Disk disk, Consumer<Failure> owner) {
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
    String wayOut =
        error.kind() == FailureKind.EXHAUSTED
            ? "; the guest gets I/O errors until there is room on that disk of the host"
            : "; the guest got an I/O error";
    owner.accept(
        Failure.of(error.kind(), "disk %s: %s%s".formatted(name, error.reason(), wayOut), error));
  }
}
