package dev.beagle.runtime.hypervisor.hvf;

import dev.beagle.runtime.hypervisor.Halt;
import java.util.function.LongPredicate;

/**
 * The guest's calls to its firmware: PSCI 1.1 (Arm DEN 0022) and the discovery calls of SMCCC 1.1
 * (DEN 0028). Whatever a guest asks, it gets an answer; unknown functions are NOT_SUPPORTED.
 */
final class Psci {
  static final long SUCCESS = 0;
  static final long NOT_SUPPORTED = -1;
  static final long INVALID_PARAMETERS = -2;
  static final long ALREADY_ON = -4;
  static final long ON_PENDING = -5;
  static final long INVALID_ADDRESS = -9;

  static final int VERSION = 0x8400_0000;
  static final int CPU_OFF = 0x8400_0002;
  static final int CPU_ON_32 = 0x8400_0003;
  static final int CPU_ON_64 = 0xc400_0003;
  static final int AFFINITY_INFO_32 = 0x8400_0004;
  static final int AFFINITY_INFO_64 = 0xc400_0004;
  static final int MIGRATE_INFO_TYPE = 0x8400_0006;
  static final int SYSTEM_OFF = 0x8400_0008;
  static final int SYSTEM_RESET = 0x8400_0009;
  static final int FEATURES = 0x8400_000a;
  static final int SMCCC_VERSION = 0x8000_0000;

  private static final long VERSION_1_1 = 0x1_0001;

  /** "A trusted OS is not there, or does not need migration." */
  private static final long NO_MIGRATION = 2;

  /** What becomes of the vCPU that called. */
  sealed interface Answer {
    /** It goes on with this in X0. */
    record Result(long value) implements Answer {}

    /** It is off, until another turns it on. */
    record Off() implements Answer {}

    record End(Halt halt) implements Answer {}
  }

  private final PowerStates power;
  private final LongPredicate executable;

  /**
   * @param executable whether code may begin at a guest-physical address
   */
  Psci(PowerStates power, LongPredicate executable) {
    this.power = power;
    this.executable = executable;
  }

  /**
   * @param function X0; its lower half names the function
   * @param first X1, and so on
   */
  Answer call(int caller, long function, long first, long second, long third) {
    return switch ((int) function) {
      case VERSION, SMCCC_VERSION -> new Answer.Result(VERSION_1_1);
      case CPU_OFF -> {
        power.turnOff(caller);
        yield new Answer.Off();
      }
      case CPU_ON_32 -> new Answer.Result(turnOn(word(first), word(second), word(third)));
      case CPU_ON_64 -> new Answer.Result(turnOn(first, second, third));
      case AFFINITY_INFO_32 -> new Answer.Result(affinityInfo(word(first), word(second)));
      case AFFINITY_INFO_64 -> new Answer.Result(affinityInfo(first, second));
      case MIGRATE_INFO_TYPE -> new Answer.Result(NO_MIGRATION);
      case SYSTEM_OFF -> new Answer.End(new Halt.PowerOff());
      case SYSTEM_RESET -> new Answer.End(new Halt.Reset());
      case FEATURES -> new Answer.Result(features((int) first));
      default -> new Answer.Result(NOT_SUPPORTED);
    };
  }

  private long turnOn(long affinity, long entry, long context) {
    int index = SystemRegisters.index(affinity);
    if (index >= power.count()) {
      return INVALID_PARAMETERS;
    }
    if (!executable.test(entry)) {
      return INVALID_ADDRESS;
    }
    return power.turnOn(index, new PowerStates.Entry(entry, context));
  }

  private long affinityInfo(long affinity, long level) {
    int index = SystemRegisters.index(affinity);
    return level != 0 || index >= power.count() ? INVALID_PARAMETERS : power.affinityInfo(index);
  }

  private static long features(int function) {
    return switch (function) {
      case VERSION,
          CPU_OFF,
          CPU_ON_32,
          CPU_ON_64,
          AFFINITY_INFO_32,
          AFFINITY_INFO_64,
          MIGRATE_INFO_TYPE,
          SYSTEM_OFF,
          SYSTEM_RESET,
          FEATURES,
          SMCCC_VERSION ->
          SUCCESS;
      default -> NOT_SUPPORTED;
    };
  }

  private static long word(long register) {
    return register & 0xffff_ffffL;
  }
}
