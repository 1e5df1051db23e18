package dev.beagle.runtime.hypervisor.hvf;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SystemRegistersTest {
  @ParameterizedTest
  @ValueSource(
      ints = {
        0x8084, 0x808c, 0x809c, // OSLAR, OSLSR, OSDLR
        0x8010, // MDCCINT
        0xc032, 0xc022, 0xc03b, // ISAR2, PFR2, MMFR3
        0xdce0, 0xdce8, 0xdcf0, 0xc4f1, 0xdf7f, // performance counters
        0xc523, // LORC
      })
  void whatLinuxTouchesWhileItBootsReadsZero(int id) {
    assertThat(SystemRegisters.readsZero(id)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(ints = {0xc660, 0xdf01, 0xdf11, 0xc080, 0xe088, 0xc684})
  void everythingElseIsUndefined(int id) {
    assertThat(SystemRegisters.readsZero(id)).isFalse();
  }

  @Test
  void theGuestSeesAGicAndNothingThatIsNotThere() {
    assertThat(SystemRegisters.pfr0(0x1_0000_1122L)).isEqualTo(0x0100_0022L);
    assertThat(SystemRegisters.pfr1(0x0f00_0f21L)).isEqualTo(0x21);
    assertThat(SystemRegisters.dfr0(0x1030_5106L)).isEqualTo(0x1030_5006L);
    assertThat(SystemRegisters.mmfr2(0x0f00_0011L)).isEqualTo(0x11);
  }

  @Test
  void theRangeOfPhysicalAddressesFollowsTheMachine() {
    assertThat(SystemRegisters.mmfr0(0x1125, 36)).isEqualTo(0x1121);
    assertThat(SystemRegisters.mmfr0(0x1121, 40)).isEqualTo(0x1122);
    assertThat(SystemRegisters.mmfr0(0x1121, 32)).isEqualTo(0x1120);
  }

  @Test
  void affinitiesAreClustersOfSixteen() {
    for (int index = 0; index < 64; index++) {
      assertThat(SystemRegisters.index(SystemRegisters.mpidr(index) & ~0x8000_0000L))
          .isEqualTo(index);
    }
    assertThat(SystemRegisters.mpidr(17)).isEqualTo(0x8000_0101L);
    assertThat(SystemRegisters.index(0x10)).isEqualTo(Integer.MAX_VALUE);
    assertThat(SystemRegisters.index(-1)).isEqualTo(Integer.MAX_VALUE);
  }
}
