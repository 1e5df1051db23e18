package dev.beagle.runtime.hypervisor.hvf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.runtime.hypervisor.Halt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class PsciTest {
  private static final long CODE = 0x4000_0000L;

  private final PowerStates power = new PowerStates(2);
  private final Psci psci = new Psci(power, address -> address >= CODE && address < CODE + 0x1000);

  private long result(int function, long first, long second, long third) {
    // The upper half of X0 does not count.
    Psci.Answer answer = psci.call(0, 0xdead_0000_0000_0000L | function, first, second, third);
    assertThat(answer).isInstanceOf(Psci.Answer.Result.class);
    return ((Psci.Answer.Result) answer).value();
  }

  @Test
  void linuxFindsVersionOneOne() {
    assertThat(result(Psci.VERSION, 0, 0, 0)).isEqualTo(0x1_0001);
    assertThat(result(Psci.SMCCC_VERSION, 0, 0, 0)).isEqualTo(0x1_0001);
    assertThat(result(Psci.MIGRATE_INFO_TYPE, 0, 0, 0)).isEqualTo(2);
    assertThat(result(Psci.FEATURES, Psci.SMCCC_VERSION, 0, 0)).isZero();
    assertThat(result(Psci.FEATURES, 0xffff_ffffL & Psci.CPU_ON_64, 0, 0)).isZero();
  }

  @ParameterizedTest
  @ValueSource(
      ints = {
        0x8400_0001,
        0xc400_0001, // CPU_SUSPEND
        0xc400_000e, // SYSTEM_SUSPEND
        0x8400_0012, // SYSTEM_RESET2
        0x8400_0015, // SYSTEM_OFF2
        0x8000_0001,
        0x8000_8000, // workarounds
        0x8400_0050, // TRNG
        0x8600_ff01, // a vendor's
        0,
        -1
      })
  void whatIsNotThereIsNotSupported(int function) {
    assertThat(result(function, 0, 0, 0)).isEqualTo(-1);
    assertThat(result(Psci.FEATURES, function & 0xffff_ffffL, 0, 0)).isEqualTo(-1);
  }

  @Test
  void aCpuIsTurnedOnOnceAndOffAgain() throws InterruptedException {
    assertThat(result(Psci.AFFINITY_INFO_64, 1, 0, 0)).isEqualTo(1);
    assertThat(result(Psci.CPU_ON_64, 1, CODE, 7)).isZero();
    assertThat(result(Psci.AFFINITY_INFO_64, 1, 0, 0)).isEqualTo(2);
    assertThat(result(Psci.CPU_ON_64, 1, CODE, 7)).isEqualTo(-5);
    assertThat(power.awaitOn(1, () -> false)).isEqualTo(new PowerStates.Entry(CODE, 7));
    assertThat(result(Psci.AFFINITY_INFO_64, 1, 0, 0)).isZero();
    assertThat(result(Psci.CPU_ON_64, 1, CODE, 7)).isEqualTo(-4);
    assertThat(psci.call(1, Psci.CPU_OFF, 0, 0, 0)).isEqualTo(new Psci.Answer.Off());
    assertThat(result(Psci.AFFINITY_INFO_64, 1, 0, 0)).isEqualTo(1);
  }

  @Test
  void argumentsOfTheShortFormAreWords() {
    long upper = 0x1234_5678_0000_0000L;
    assertThat(result(Psci.CPU_ON_32, upper | 1, upper | CODE, upper | 9)).isZero();
    assertThat(result(Psci.AFFINITY_INFO_32, upper | 1, upper, 0)).isEqualTo(2);
  }

  @ParameterizedTest
  @ValueSource(longs = {2, 0x100, 0x1_0000, 0x1_0000_0000L, -1, Long.MIN_VALUE})
  void cpusThatAreNotThereAreInvalid(long affinity) {
    assertThat(result(Psci.CPU_ON_64, affinity, CODE, 0)).isEqualTo(-2);
    assertThat(result(Psci.AFFINITY_INFO_64, affinity, 0, 0)).isEqualTo(-2);
  }

  @Test
  void codeBeginsInMemoryOnly() {
    assertThat(result(Psci.CPU_ON_64, 1, CODE - 4, 0)).isEqualTo(-9);
    assertThat(result(Psci.AFFINITY_INFO_64, 1, 1, 0)).isEqualTo(-2);
  }

  @Test
  void theMachineEnds() {
    assertThat(psci.call(0, Psci.SYSTEM_OFF, 0, 0, 0))
        .isEqualTo(new Psci.Answer.End(new Halt.PowerOff()));
    assertThat(psci.call(0, Psci.SYSTEM_RESET, 0, 0, 0))
        .isEqualTo(new Psci.Answer.End(new Halt.Reset()));
  }

  @Test
  void whoWaitsIsWoken() throws InterruptedException {
    assertThat(power.awaitOn(1, () -> true)).isNull();
    assertThat(power.isOn(1)).isFalse();
  }
}
