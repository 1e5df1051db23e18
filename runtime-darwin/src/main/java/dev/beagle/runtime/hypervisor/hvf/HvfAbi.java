package dev.beagle.runtime.hypervisor.hvf;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Declarations of Hypervisor.framework for arm64, as far as they are used here; {@code hv_return_t}
 * where nothing else is said. Pointers travel as {@code long}, {@code bool} and 16-bit register ids
 * as {@code int}: the caller widens those on this ABI, and a {@code short} would be sign-extended.
 *
 * <p>Whether a function exists is found by looking for its symbol, never by the release of macOS:
 * the functions are grouped by the release that brought them ({@link Gic}: 15.0).
 */
final class HvfAbi {
  static final String FRAMEWORK = "/System/Library/Frameworks/Hypervisor.framework/Hypervisor";

  static final int HV_SUCCESS = 0;
  static final int HV_ERROR = 0xfae94001;
  static final int HV_BUSY = 0xfae94002;
  static final int HV_BAD_ARGUMENT = 0xfae94003;
  static final int HV_ILLEGAL_GUEST_STATE = 0xfae94004;
  static final int HV_NO_RESOURCES = 0xfae94005;
  static final int HV_NO_DEVICE = 0xfae94006;
  static final int HV_DENIED = 0xfae94007;
  static final int HV_UNSUPPORTED = 0xfae9400f;

  static final long HV_MEMORY_READ = 1;
  static final long HV_MEMORY_WRITE = 2;
  static final long HV_MEMORY_EXEC = 4;

  static final int HV_EXIT_REASON_CANCELED = 0;
  static final int HV_EXIT_REASON_EXCEPTION = 1;
  static final int HV_EXIT_REASON_VTIMER_ACTIVATED = 2;

  /** X0 to X30 are 0 to 30. Number 31 is the zero register in a syndrome, and PC here. */
  static final int HV_REG_X0 = 0;

  static final int HV_REG_PC = 31;
  static final int HV_REG_CPSR = 34;

  static final int HV_SYS_REG_MPIDR_EL1 = systemRegister(3, 0, 0, 0, 5);
  static final int HV_SYS_REG_ID_AA64PFR0_EL1 = systemRegister(3, 0, 0, 4, 0);
  static final int HV_SYS_REG_ID_AA64PFR1_EL1 = systemRegister(3, 0, 0, 4, 1);
  static final int HV_SYS_REG_ID_AA64DFR0_EL1 = systemRegister(3, 0, 0, 5, 0);
  static final int HV_SYS_REG_ID_AA64MMFR0_EL1 = systemRegister(3, 0, 0, 7, 0);
  static final int HV_SYS_REG_ID_AA64MMFR2_EL1 = systemRegister(3, 0, 0, 7, 2);
  static final int HV_SYS_REG_SCTLR_EL1 = systemRegister(3, 0, 1, 0, 0);
  static final int HV_SYS_REG_SPSR_EL1 = systemRegister(3, 0, 4, 0, 0);
  static final int HV_SYS_REG_ELR_EL1 = systemRegister(3, 0, 4, 0, 1);
  static final int HV_SYS_REG_ESR_EL1 = systemRegister(3, 0, 5, 2, 0);
  static final int HV_SYS_REG_VBAR_EL1 = systemRegister(3, 0, 12, 0, 0);

  /** Layout of {@code hv_vcpu_exit_t}. */
  static final long EXIT_BYTES = 32;

  static final long EXIT_REASON = 0;
  static final long EXIT_SYNDROME = 8;
  static final long EXIT_PHYSICAL_ADDRESS = 24;

  private static @Nullable String loaded;

  private HvfAbi() {}

  /** The 16-bit id of a system register: its encoding, packed. */
  static int systemRegister(int op0, int op1, int crn, int crm, int op2) {
    return op0 << 14 | op1 << 11 | crn << 7 | crm << 3 | op2;
  }

  /**
   * Binds the declarations to a library, once a process.
   *
   * @param library the framework, or a library that exports its ABI
   * @throws Failure UNSUPPORTED when it cannot be loaded or lacks a function; WRONG_STATE after
   *     another library
   */
  static synchronized void load(String library) {
    if (library.equals(loaded)) {
      return;
    }
    if (loaded != null) {
      throw Failure.wrongState(
          "Hypervisor.framework is bound to %s in this process, not to %s"
              .formatted(loaded, library));
    }
    // The framework's file is in dyld's cache, not on the disk: only loading it tells.
    try {
      NativeLibrary functions = NativeLibrary.getInstance(library);
      Native.register(HvfAbi.class, functions);
      Native.register(Gic.class, functions);
    } catch (UnsatisfiedLinkError error) {
      throw Failure.of(
          FailureKind.UNSUPPORTED,
          "Hypervisor.framework with its GIC (macOS 15 or later, Apple silicon) is not here: %s: %s"
              .formatted(library, reason(error)),
          error);
    }
    loaded = library;
  }

  /** Why a library cannot be bound; empty where it seems to have the framework's functions. */
  static String problemOf(String library) {
    try {
      NativeLibrary functions = NativeLibrary.getInstance(library);
      functions.getFunction("hv_vm_create");
      functions.getFunction("hv_gic_create");
      return "";
    } catch (UnsatisfiedLinkError error) {
      return reason(error);
    }
  }

  /** On one line: what is missing is often said on the second, several times. */
  private static String reason(UnsatisfiedLinkError error) {
    return Failure.shown(
        String.valueOf(error.getMessage())
            .lines()
            .map(String::strip)
            .filter(line -> !line.isEmpty())
            .distinct()
            .collect(Collectors.joining(" ")));
  }

  // 11.0

  /** {@code uint32_t *count}. */
  static native int hv_vm_get_max_vcpu_count(long count);

  static native int hv_vm_create(long config);

  static native int hv_vm_destroy();

  static native int hv_vm_map(long hostAddress, long guestAddress, long size, long flags);

  static native int hv_vm_unmap(long guestAddress, long size);

  /** {@code hv_vcpu_t *vcpu, hv_vcpu_exit_t **exit}. */
  static native int hv_vcpu_create(long vcpu, long exit, long config);

  static native int hv_vcpu_destroy(long vcpu);

  static native int hv_vcpu_run(long vcpu);

  /** {@code hv_vcpu_t *vcpus}; the only call about a vCPU that any thread may make. */
  static native int hv_vcpus_exit(long vcpus, int count);

  /** {@code uint64_t *value}. */
  static native int hv_vcpu_get_reg(long vcpu, int register, long value);

  static native int hv_vcpu_set_reg(long vcpu, int register, long value);

  /** {@code uint64_t *value}. */
  static native int hv_vcpu_get_sys_reg(long vcpu, int register, long value);

  static native int hv_vcpu_set_sys_reg(long vcpu, int register, long value);

  static native int hv_vcpu_set_vtimer_mask(long vcpu, int masked);

  static native int hv_vcpu_set_vtimer_offset(long vcpu, long offset);

  /** {@code uint32_t *bits}; 13.0. */
  static native int hv_vm_config_get_default_ipa_size(long bits);

  /** Of libSystem, which the framework links to. */
  static native void os_release(long object);

  /** The framework's GICv3, 15.0. */
  static final class Gic {
    private Gic() {}

    static native long hv_gic_config_create();

    static native int hv_gic_config_set_distributor_base(long config, long guestAddress);

    static native int hv_gic_config_set_redistributor_base(long config, long guestAddress);

    static native int hv_gic_create(long config);

    /** {@code uint32_t *first, uint32_t *count}. */
    static native int hv_gic_get_spi_interrupt_range(long first, long count);

    /** {@code hv_ipa_t *base}; on the vCPU's own thread, once MPIDR_EL1 is set. */
    static native int hv_gic_get_redistributor_base(long vcpu, long base);

    static native int hv_gic_set_spi(int intid, int level);
  }
}
