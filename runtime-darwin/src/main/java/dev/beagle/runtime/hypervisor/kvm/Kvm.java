package dev.beagle.runtime.hypervisor.kvm;

import com.sun.jna.LastErrorException;
import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;

/** Calls of KVM, whose errors become failures that name them. */
final class Kvm {
  private static final String DEVICE = "/dev/kvm";

  private Kvm() {}

  static int openDevice() {
    try {
      return KvmAbi.open(DEVICE, KvmAbi.O_RDWR | KvmAbi.O_CLOEXEC);
    } catch (LastErrorException error) {
      throw switch (error.getErrorCode()) {
        case KvmAbi.EACCES, KvmAbi.EPERM ->
            Failure.of(
                FailureKind.DENIED,
                DEVICE + " may not be opened by this user; the group kvm may",
                error);
        case KvmAbi.ENOENT ->
            Failure.of(
                FailureKind.UNSUPPORTED,
                DEVICE + " is not here: no hardware virtualisation, or kvm is not loaded",
                error);
        default -> Failure.of(FailureKind.UNSUPPORTED, DEVICE + ": " + error.getMessage(), error);
      };
    }
  }

  static int ioctl(int descriptor, long request, long argument, String name) {
    try {
      return KvmAbi.ioctl(descriptor, request, argument);
    } catch (LastErrorException error) {
      FailureKind kind =
          error.getErrorCode() == KvmAbi.ENOMEM ? FailureKind.EXHAUSTED : FailureKind.INTERNAL;
      throw Failure.of(kind, name + ": " + error.getMessage(), error);
    }
  }

  /** A descriptor of ours; there is nothing to do about an error. */
  static void close(int descriptor) {
    try {
      KvmAbi.close(descriptor);
    } catch (LastErrorException ignored) {
      // closed all the same (close(2))
    }
  }
}
