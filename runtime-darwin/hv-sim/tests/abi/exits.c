/* SPDX-License-Identifier: GPL-2.0-only */
/* Why a run ends, and what is in the exit record then. */
#include "abi.h"

#include <stdatomic.h>

static void test_data_aborts(void) {
  static const struct {
    uint32_t esr;
    uint64_t offset;
  } want[] = {
      {0x93800047, 0},    {0x93850007, 0}, {0x931f0047, 0}, {0x93a98007, 0},
      {0x93e20007, 0},    {0x93c38047, 0}, {0x92000007, 0}, {0x92000007, 0},
      {0x93844007, 0},    {0x92000007, 0}, {0x934a0007, 6}, {0x93cb8007, (uint64_t)-8},
      {0x938c0007, 0x10},
  };
  up(G_ABORTS);
  set(1, MMIO_IPA + 0x18);
  set(13, 4);
  set(HV_REG_X0 + 31, RAM_IPA + G_ABORTS); /* number 31 is PC, not XZR */
  for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
    uint64_t e = run();
    /* LDRSB to X is sf=1, sse=1; LDRSH to W is sf=0, sse=1 */
    uint32_t w = want[i].esr;
    if (i == 3)
      w = 0x93298007;
    if (i == 4)
      w = 0x93620007;
    EQ(e, w);
    EQ(out->exception.physical_address, MMIO_IPA + 0x18 + want[i].offset);
    EQ(out->exception.virtual_address, MMIO_IPA + 0x18 + want[i].offset);
    EQ(get(HV_REG_PC), RAM_IPA + G_ABORTS + 4 * i); /* at the instruction */
    skip();
  }
  EQ(run(), HVC(1));
  down();
}

static void test_calls(void) {
  up(G_CALLS);
  EQ(run(), HVC(0));
  EQ(get(HV_REG_PC), RAM_IPA + G_CALLS + 4); /* HVC: already past */
  EQ(run(), HVC(0x1234));
  EQ(run(), 0x5e000000);
  EQ(get(HV_REG_PC), RAM_IPA + G_CALLS + 8); /* SMC: at it */
  EQ(run(), 0x5e000000);                     /* and again unless skipped */
  skip();
  EQ(run(), HVC(1));
  down();
}

static void test_sysreg_traps(void) {
  static const uint32_t want[] = {0x62303019, 0x62323078, 0x623a30f6, 0x622807e6, 0x622807e0,
                                  0x62280443, 0x6230e419, 0x6232f821, 0x6234008d, 0x622003e4};
  up(G_TRAPS);
  for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
    EQ(run(), want[i]);
    EQ(get(HV_REG_PC), RAM_IPA + G_TRAPS + 4 * i);
    skip();
  }
  EQ(run(), HVC(1));
  down();
}

static void test_id_registers(void) {
  uint64_t pfr0, offset = 0x123456789;
  up(G_IDREGS);
  OK(hv_vcpu_get_sys_reg(cpu, HV_SYS_REG_ID_AA64PFR0_EL1, &pfr0));
  OK(hv_vcpu_set_sys_reg(cpu, HV_SYS_REG_ID_AA64PFR0_EL1, 0x01000011));
  OK(hv_vcpu_set_sys_reg(cpu, HV_SYS_REG_ID_AA64DFR0_EL1, 0x10305006));
  OK(hv_vcpu_set_sys_reg(cpu, HV_SYS_REG_ID_AA64MMFR0_EL1, 0x1122));
  OK(hv_vcpu_set_sys_reg(cpu, HV_SYS_REG_MPIDR_EL1, 0x80000102));
  OK(hv_vcpu_set_vtimer_offset(cpu, offset));
  uint64_t before = mach_absolute_time();
  EQ(run(), HVC(1)); /* none of these reads exits */
  EQ(get(0), 0x01000011);
  EQ(get(1), 0x10305006);
  EQ(get(2), 0x1122);
  EQ(get(3), 0x80000102);
  EQ(get(4), 24000000);
  TRUE(get(5) + offset >= before && get(5) + offset <= mach_absolute_time());
  EQ(get(7), 0x55);
  /* a later change reaches code that was translated with the old constant */
  OK(hv_vcpu_set_sys_reg(cpu, HV_SYS_REG_ID_AA64PFR0_EL1, 0x02000011));
  set(HV_REG_PC, RAM_IPA + G_IDREGS);
  EQ(run(), HVC(1));
  EQ(get(0), 0x02000011);
  down();
}

static void test_guest_faults(void) {
  up(G_FAULTS);
  EQ(run(), HVC(0x70)), EQ(get(10), 0x56000007); /* SVC */
  EQ(run(), HVC(0x70)), EQ(get(10) >> 26, 0);    /* UDF */
  EQ(run(), HVC(0x70)), EQ(get(10) >> 26, 0);    /* EL2 register: undefined, not trapped */
  EQ(run(), HVC(0x70)), EQ(get(10) >> 26, 0);
  EQ(run(), HVC(1));
  down();
}

static void test_debug_exceptions(void) {
  bool b = true;
  up(G_BRK);
  OK(hv_vcpu_get_trap_debug_exceptions(cpu, &b));
  EQ(b, false);
  EQ(run(), HVC(0x70)), EQ(get(10), 0xf2000005); /* the guest's own BRK */
  set(HV_REG_PC, RAM_IPA + G_BRK);
  OK(hv_vcpu_set_trap_debug_exceptions(cpu, true));
  EQ(run(), 0xf2000005);
  down();
}

static void test_pending_interrupts(void) {
  bool b;
  up(G_PENDING);
  EQ(run(), HVC(2));
  OK(hv_vcpu_set_pending_interrupt(cpu, HV_INTERRUPT_TYPE_IRQ, true));
  OK(hv_vcpu_get_pending_interrupt(cpu, HV_INTERRUPT_TYPE_IRQ, &b)), EQ(b, true);
  EQ(run(), HVC(3));
  EQ(get(20), 0); /* masked: nothing */
  EQ(get(21), 1); /* unmasked: taken once */
  EQ(get(23), 0);
  OK(hv_vcpu_get_pending_interrupt(cpu, HV_INTERRUPT_TYPE_IRQ, &b)), EQ(b, false); /* forgotten */

  set(HV_REG_PC, RAM_IPA + G_PENDING);
  set(HV_REG_CPSR, 0x3c5);
  EQ(run(), HVC(2));
  EQ(run(), HVC(3));
  EQ(get(21), 0); /* not raised again, not taken */
  set(HV_REG_PC, RAM_IPA + G_PENDING);
  set(HV_REG_CPSR, 0x3c5);
  EQ(run(), HVC(2));
  OK(hv_vcpu_set_pending_interrupt(cpu, HV_INTERRUPT_TYPE_FIQ, true));
  EQ(run(), HVC(3));
  EQ(get(23), 1);
  IS(hv_vcpu_set_pending_interrupt(cpu, 2, true), HV_BAD_ARGUMENT);
  down();
}

static void test_vtimer(void) {
  bool masked = true;
  uint64_t ctl;
  up(G_VTIMER);
  EQ(run(), REASON(HV_EXIT_REASON_VTIMER_ACTIVATED));
  OK(hv_vcpu_get_vtimer_mask(cpu, &masked)), EQ(masked, true); /* masked by itself */
  OK(hv_vcpu_get_sys_reg(cpu, HV_SYS_REG_CNTV_CTL_EL0, &ctl)), EQ(ctl & 7, 5);
  EQ(run_limited(3000), REASON(HV_EXIT_REASON_CANCELED)); /* masked: no second exit */
  EQ(get(2) & 7, 5);                                      /* the guest sees ISTATUS */
  OK(hv_vcpu_set_vtimer_mask(cpu, false));
  EQ(run(), REASON(HV_EXIT_REASON_VTIMER_ACTIVATED));       /* the level is still there */
  OK(hv_vcpu_set_sys_reg(cpu, HV_SYS_REG_CNTV_CTL_EL0, 3)); /* IMASK */
  OK(hv_vcpu_set_vtimer_mask(cpu, false));
  EQ(run_limited(3000), REASON(HV_EXIT_REASON_CANCELED));

  uint64_t offset = 0;
  OK(hv_vcpu_set_vtimer_offset(cpu, 77));
  OK(hv_vcpu_get_vtimer_offset(cpu, &offset)), EQ(offset, 77);

  /* the compare value is in guest time: zero now, 50 ms from here */
  set(HV_REG_PC, RAM_IPA + G_SPIN);
  OK(hv_vcpu_set_sys_reg(cpu, HV_SYS_REG_CNTV_CVAL_EL0, 24000 * 50));
  OK(hv_vcpu_set_vtimer_offset(cpu, mach_absolute_time()));
  OK(hv_vcpu_set_sys_reg(cpu, HV_SYS_REG_CNTV_CTL_EL0, 1));
  OK(hv_vcpu_set_vtimer_mask(cpu, false));
  double start = now();
  EQ(run(), REASON(HV_EXIT_REASON_VTIMER_ACTIVATED));
  TRUE(now() - start > 0.04);
  down();
}

static void test_wfi(void) {
  up(G_WFI);
  uint64_t e = run();
  EQ(e >> 26, 1);
  EQ(e & 3, 0); /* WFI, not WFE */
  EQ(get(HV_REG_PC), RAM_IPA + G_WFI);
  skip();
  EQ(run(), HVC(1));
  set(HV_REG_PC, RAM_IPA + G_WFI); /* an interrupt line makes WFI fall through, masked or not */
  OK(hv_vcpu_set_pending_interrupt(cpu, HV_INTERRUPT_TYPE_IRQ, true));
  EQ(run(), HVC(1));
  down();
}

static void test_cancel(void) {
  hv_vcpu_t stale = 0xdead;
  up(G_SPIN);
  OK(hv_vcpus_exit(&cpu, 1));
  OK(hv_vcpus_exit(&cpu, 1));
  EQ(run(), REASON(HV_EXIT_REASON_CANCELED)); /* sticky, not counted */
  EQ(get(HV_REG_PC), RAM_IPA + G_SPIN);
  OK(hv_vcpus_exit(NULL, 0)); /* does nothing on arm64 */
  for (int i = 0; i < 50; i++) {
    EQ(run_limited(1000), REASON(HV_EXIT_REASON_CANCELED));
  }
  TRUE(get(0) > 1000); /* it did spin in between */
  IS(hv_vcpus_exit(&stale, 1), HV_BAD_ARGUMENT);
  IS(hv_vcpus_exit(NULL, 1), HV_BAD_ARGUMENT);
  uint64_t t1 = 0;
  OK(hv_vcpu_get_exec_time(cpu, &t1));
  TRUE(t1 > 0);
  down();
}

static atomic_bool kicking;

static void *kick_often(void *arg) {
  (void)arg;
  while (atomic_load(&kicking)) {
    hv_vcpus_exit(&cpu, 1);
    for (volatile int i = 0; i < 2000; i++)
      ;
  }
  return NULL;
}

/* Stops fall between instructions: no access is lost, none is done twice. */
static void test_precise_stops(void) {
  const uint64_t count = 400000, buffer = RAM_IPA + (4 << 20);
  unsigned long cancels = 0, saved = checks;
  pthread_t t;
  up(G_STEPS);
  atomic_store(&kicking, true);
  pthread_create(&t, NULL, kick_often, NULL);
  for (int round = 0; round < 5 || (cancels < 100 && round < 1000); round++) {
    set(1, buffer), set(2, count), set(6, 0);
    set(HV_REG_PC, RAM_IPA + G_STEPS);
    while (run() == REASON(HV_EXIT_REASON_CANCELED))
      cancels++;
    EQ(esr(), HVC(1));
    EQ(get(1), buffer + 8 * count);
    EQ(get(6), count * (count + 1) / 2);
  }
  atomic_store(&kicking, false);
  pthread_join(t, NULL);
  checks = saved; /* tens of thousands of runs */
  TRUE(cancels >= 100);
  down();
}

const abi_test_t exit_tests[] = {TEST(data_aborts),
                                 TEST(calls),
                                 TEST(sysreg_traps),
                                 TEST(id_registers),
                                 TEST(guest_faults),
                                 TEST(debug_exceptions),
                                 TEST(pending_interrupts),
                                 TEST(vtimer),
                                 TEST(wfi),
                                 TEST(cancel),
                                 TEST(precise_stops),
                                 {0}};
