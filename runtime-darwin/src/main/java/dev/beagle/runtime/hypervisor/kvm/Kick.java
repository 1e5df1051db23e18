package dev.beagle.runtime.hypervisor.kvm;

import com.sun.jna.LastErrorException;
import dev.beagle.failure.Failure;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Makes KVM_RUN of one thread return. The signal for it is blocked in that thread but while KVM_RUN
 * is in the kernel: so it has no handler, and one that comes too early ends the next KVM_RUN at
 * once. {@link #send} is for any thread; the rest for the one that made it.
 */
final class Kick implements AutoCloseable {
  private final Arena arena = Arena.ofShared();

  /** The signal, alone. */
  private final MemorySegment own = arena.allocate(KvmAbi.SIGNAL_SET_BYTES, Long.BYTES);

  /** What the thread blocked before. */
  private final MemorySegment before = arena.allocate(KvmAbi.SIGNAL_SET_BYTES, Long.BYTES);

  private final MemorySegment noTime = arena.allocate(2L * Long.BYTES, Long.BYTES);
  private final int process = KvmAbi.getpid();
  private final int thread = KvmAbi.gettid();

  Kick(int vcpu) {
    own.set(ValueLayout.JAVA_LONG, 0, 1L << (KvmAbi.SIGNAL - 1));
    require(KvmAbi.pthread_sigmask(KvmAbi.SIG_BLOCK, own.address(), before.address()));
    MemorySegment mask =
        arena.allocate(KvmAbi.SIGNAL_MASK_SET + KvmAbi.KERNEL_SIGNAL_SET_BYTES, Long.BYTES);
    mask.set(ValueLayout.JAVA_INT, 0, KvmAbi.KERNEL_SIGNAL_SET_BYTES);
    long running = before.get(ValueLayout.JAVA_LONG, 0) & ~own.get(ValueLayout.JAVA_LONG, 0);
    mask.set(ValueLayout.JAVA_LONG_UNALIGNED, KvmAbi.SIGNAL_MASK_SET, running);
    try {
      Kvm.ioctl(vcpu, KvmAbi.KVM_SET_SIGNAL_MASK, mask.address(), "KVM_SET_SIGNAL_MASK");
    } catch (RuntimeException failure) {
      close();
      throw failure;
    }
  }

  void send() {
    try {
      KvmAbi.tgkill(process, thread, KvmAbi.SIGNAL);
    } catch (LastErrorException error) {
      throw Failure.internal("tgkill: " + error.getMessage(), error);
    }
  }

  /** Takes signals that have come. */
  void drain() {
    try {
      while (KvmAbi.sigtimedwait(own.address(), 0, noTime.address()) > 0) {
        // as many as were sent
      }
    } catch (LastErrorException error) {
      if (error.getErrorCode() != KvmAbi.EAGAIN && error.getErrorCode() != KvmAbi.EINTR) {
        throw Failure.internal("sigtimedwait: " + error.getMessage(), error);
      }
    }
  }

  /** Nobody sends any more. */
  @Override
  public void close() {
    drain();
    require(KvmAbi.pthread_sigmask(KvmAbi.SIG_SETMASK, before.address(), 0));
    arena.close();
  }

  private static void require(int error) {
    if (error != 0) {
      throw Failure.internal("pthread_sigmask: error " + error);
    }
  }
}
