package dev.beagle.runtime.hypervisor.hvf;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Syndromes of real instructions. */
final class SyndromeTest {
  @ParameterizedTest
  @CsvSource({
    "0x93800047, true, 4, 0", // str w0, [x1]
    "0x93850007, false, 4, 5", // ldr w5, [x1]
    "0x931f0046, true, 1, 31", // strb wzr, [x1]
    "0x93298007, false, 1, 9", // ldrsb x9, [x1]
    "0x93620007, false, 2, 2", // ldrsh w2, [x1]
    "0x93c3804f, true, 8, 3", // str x3, [x1] on a page without write permission
  })
  void dataAborts(String bits, boolean write, int size, int register) {
    Syndrome syndrome = new Syndrome(Long.decode(bits));
    assertThat(syndrome.exceptionClass()).isEqualTo(Syndrome.DATA_ABORT);
    assertThat(syndrome.isDecoded()).isTrue();
    assertThat(syndrome.isWrite()).isEqualTo(write);
    assertThat(syndrome.sizeBytes()).isEqualTo(size);
    assertThat(syndrome.register()).isEqualTo(register);
    assertThat(syndrome.isCacheMaintenance()).isFalse();
    assertThat(syndrome.isTableWalk()).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "0x93850007, 0xffffffff87654321, 0x87654321", // ldr w: the upper half is cleared
    "0x93298007, 0x80, 0xffffffffffffff80", // ldrsb x
    "0x93298007, 0x17f, 0x7f",
    "0x93620007, 0x8001, 0xffff8001", // ldrsh w: extended to 32 bits
    "0x93c38007, 0x8877665544332211, 0x8877665544332211", // ldr x
  })
  void whatALoadLeavesInItsRegister(String bits, String value, String register) {
    assertThat(
            new Syndrome(Long.decode(bits)).loaded(Long.parseUnsignedLong(value.substring(2), 16)))
        .isEqualTo(Long.parseUnsignedLong(register.substring(2), 16));
  }

  @Test
  void aStoreWritesTheLowerBytesOnly() {
    assertThat(new Syndrome(0x9300_0047L).stored(0xffff_ffff_ffff_ff12L)).isEqualTo(0x12);
    assertThat(new Syndrome(0x93c3_804fL).stored(-1)).isEqualTo(-1);
  }

  @Test
  void accessesOfSeveralPartsAreNotDecoded() {
    assertThat(new Syndrome(0x9200_0007L).isDecoded()).isFalse(); // ldp
    assertThat(new Syndrome(0x9200_0147L).isCacheMaintenance()).isTrue(); // dc civac
  }

  @ParameterizedTest
  @CsvSource({
    "0x62303019, false, 0xc660, 0", // mrs x0, ICC_IAR1_EL1
    "0x62323078, true, 0xc661, 3", // msr ICC_EOIR1_EL1, x3
    "0x623a30f6, true, 0xc65d, 7", // msr ICC_SGI1R_EL1, x7
    "0x622807e6, true, 0x809c, 31", // msr OSDLR_EL1, xzr
    "0x622807e0, true, 0x8084, 31", // msr OSLAR_EL1, xzr
    "0x62280443, false, 0x808c, 2", // mrs x2, OSLSR_EL1
    "0x6230e419, false, 0xdce0, 0", // mrs x0, PMCR_EL0
    "0x6232f821, false, 0xdf01, 1", // mrs x1, CNTPCT_EL0
    "0x6234008d, false, 0xc032, 4", // mrs x4, ID_AA64ISAR2_EL1
    "0x622003e4, true, 0x8010, 31", // msr MDCCINT_EL1, xzr
  })
  void systemRegisterAccesses(String bits, boolean write, String id, int register) {
    Syndrome syndrome = new Syndrome(Long.decode(bits));
    assertThat(syndrome.exceptionClass()).isEqualTo(Syndrome.SYSTEM_REGISTER);
    assertThat(syndrome.isWrite()).isEqualTo(write);
    assertThat(syndrome.systemRegister()).isEqualTo(Integer.decode(id));
    assertThat(syndrome.register()).isEqualTo(register);
  }

  @Test
  void callsCarryTheirImmediate() {
    assertThat(new Syndrome(0x5a00_1234L).exceptionClass()).isEqualTo(Syndrome.HVC64);
    assertThat(new Syndrome(0x5a00_1234L).immediate()).isEqualTo(0x1234);
    assertThat(new Syndrome(0x5e00_0000L).exceptionClass()).isEqualTo(Syndrome.SMC64);
    assertThat(new Syndrome(0x8200_0007L).exceptionClass()).isEqualTo(Syndrome.INSTRUCTION_ABORT);
  }
}
