package dev.beagle.runtime.hypervisor.kvm;

import com.sun.jna.LastErrorException;
import com.sun.jna.Native;

/**
 * Declarations of {@code linux/kvm.h} for x86-64, as far as they are used here, and of the libc
 * calls around them. Pointers travel as {@code long}. A function that fails throws {@link
 * LastErrorException} with errno.
 */
final class KvmAbi {
  static final int KVM_API_VERSION = 12;

  static final long KVM_GET_API_VERSION = 0xae00;
  static final long KVM_CREATE_VM = 0xae01;
  static final long KVM_CHECK_EXTENSION = 0xae03;
  static final long KVM_GET_VCPU_MMAP_SIZE = 0xae04;
  static final long KVM_GET_SUPPORTED_CPUID = 0xc008_ae05L;
  static final long KVM_CREATE_VCPU = 0xae41;
  static final long KVM_SET_USER_MEMORY_REGION = 0x4020_ae46L;
  static final long KVM_SET_TSS_ADDR = 0xae47;
  static final long KVM_CREATE_IRQCHIP = 0xae60;
  static final long KVM_IRQ_LINE = 0x4008_ae61L;
  static final long KVM_RUN = 0xae80;
  static final long KVM_GET_REGS = 0x8090_ae81L;
  static final long KVM_SET_REGS = 0x4090_ae82L;
  static final long KVM_GET_SREGS = 0x8138_ae83L;
  static final long KVM_SET_SREGS = 0x4138_ae84L;
  static final long KVM_SET_SIGNAL_MASK = 0x4004_ae8bL;
  static final long KVM_SET_CPUID2 = 0x4008_ae90L;

  static final int KVM_CAP_MAX_VCPUS = 66;
  static final int KVM_MEM_READONLY = 2;

  static final int KVM_EXIT_IO = 2;
  static final int KVM_EXIT_MMIO = 6;
  static final int KVM_EXIT_SHUTDOWN = 8;
  static final int KVM_EXIT_FAIL_ENTRY = 9;
  static final int KVM_EXIT_INTERNAL_ERROR = 17;
  static final int KVM_EXIT_IO_OUT = 1;

  /** {@code struct kvm_run}. */
  static final long RUN_EXIT_REASON = 8;

  static final long RUN_IO_DIRECTION = 32;
  static final long RUN_IO_SIZE = 33;
  static final long RUN_IO_PORT = 34;
  static final long RUN_IO_COUNT = 36;
  static final long RUN_IO_DATA_OFFSET = 40;
  static final long RUN_MMIO_ADDRESS = 32;
  static final long RUN_MMIO_DATA = 40;
  static final long RUN_MMIO_LENGTH = 48;
  static final long RUN_MMIO_IS_WRITE = 52;
  static final long RUN_INTERNAL_SUBERROR = 32;
  static final long RUN_FAIL_ENTRY_REASON = 32;

  static final long REGS_BYTES = 144;
  static final long REGS_RSI = 32;
  static final long REGS_RSP = 48;
  static final long REGS_RIP = 128;
  static final long REGS_RFLAGS = 136;

  static final long SREGS_BYTES = 312;
  static final long SREGS_CS = 0;
  static final long SREGS_DS = 24;
  static final long SREGS_ES = 48;
  static final long SREGS_FS = 72;
  static final long SREGS_GS = 96;
  static final long SREGS_SS = 120;
  static final long SREGS_CR0 = 224;
  static final long SREGS_CR3 = 240;
  static final long SREGS_CR4 = 248;
  static final long SREGS_EFER = 264;

  static final long SEGMENT_LIMIT = 8;
  static final long SEGMENT_SELECTOR = 12;
  static final long SEGMENT_TYPE = 14;
  static final long SEGMENT_PRESENT = 15;
  static final long SEGMENT_DB = 17;
  static final long SEGMENT_S = 18;
  static final long SEGMENT_L = 19;
  static final long SEGMENT_G = 20;

  /** {@code struct kvm_userspace_memory_region}. */
  static final long REGION_BYTES = 32;

  static final long REGION_SLOT = 0;
  static final long REGION_FLAGS = 4;
  static final long REGION_GUEST_ADDRESS = 8;
  static final long REGION_SIZE = 16;
  static final long REGION_HOST_ADDRESS = 24;

  /** {@code struct kvm_cpuid2}: a count, then entries. */
  static final long CPUID_ENTRIES = 8;

  static final long CPUID_ENTRY_BYTES = 40;
  static final long CPUID_ENTRY_FUNCTION = 0;
  static final long CPUID_ENTRY_EAX = 12;
  static final long CPUID_ENTRY_EBX = 16;
  static final long CPUID_ENTRY_EDX = 24;

  /** {@code struct kvm_irq_level}: two numbers of 32 bits. */
  static final long IRQ_LEVEL_BYTES = 8;

  /** {@code struct kvm_signal_mask}: the length of a kernel's set, then the set. */
  static final long SIGNAL_MASK_SET = 4;

  static final int O_RDWR = 2;
  static final int O_CLOEXEC = 0x80000;
  static final int PROT_READ_WRITE = 3;
  static final int MAP_SHARED = 1;
  static final int SIG_BLOCK = 0;
  static final int SIG_SETMASK = 2;

  /** {@code sigset_t} of glibc; the kernel's set is its first 8 bytes. */
  static final long SIGNAL_SET_BYTES = 128;

  static final int KERNEL_SIGNAL_SET_BYTES = 8;

  /** One of the real-time signals, which neither libc nor the JVM uses. */
  static final int SIGNAL = 40;

  static final int EPERM = 1;
  static final int ENOENT = 2;
  static final int EINTR = 4;
  static final int EAGAIN = 11;
  static final int ENOMEM = 12;
  static final int EACCES = 13;

  static {
    Native.register(KvmAbi.class, "c");
  }

  private KvmAbi() {}

  static native int open(String path, int flags) throws LastErrorException;

  static native int close(int descriptor) throws LastErrorException;

  static native int ioctl(int descriptor, long request, long argument) throws LastErrorException;

  static native long mmap(
      long address, long length, int protection, int flags, int descriptor, long offset)
      throws LastErrorException;

  static native int munmap(long address, long length) throws LastErrorException;

  static native int getpid();

  static native int gettid();

  static native int tgkill(int process, int thread, int signal) throws LastErrorException;

  /** {@code sigset_t *set, sigset_t *previous}; returns an error number. */
  static native int pthread_sigmask(int how, long set, long previous);

  /** {@code sigset_t *set, siginfo_t *information, struct timespec *limit}. */
  static native int sigtimedwait(long set, long information, long limit) throws LastErrorException;
}
