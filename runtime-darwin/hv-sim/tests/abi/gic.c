/* SPDX-License-Identifier: GPL-2.0-only */
/* The GIC of macOS 15. */
#include "abi.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define GICD 0x08000000ull
#define GICR 0x080a0000ull
#define MSI 0x0b000000ull

static hv_return_t make_gic(bool msi) {
  hv_gic_config_t c = hv_gic_config_create();
  OK(hv_gic_config_set_distributor_base(c, GICD));
  OK(hv_gic_config_set_redistributor_base(c, GICR));
  if (msi) {
    OK(hv_gic_config_set_msi_region_base(c, MSI));
    OK(hv_gic_config_set_msi_interrupt_range(c, 60, 4));
  }
  hv_return_t r = hv_gic_create(c);
  os_release(c);
  return r;
}

static void gic_cpu(uint64_t spi, uint64_t sleeps) {
  cpu_up(G_GIC_INIT);
  OK(hv_vcpu_set_sys_reg(cpu, HV_SYS_REG_MPIDR_EL1, 0x80000000));
  set(20, spi);
  set(26, sleeps);
  EQ(run(), HVC(1));
}

static void gic_up(bool msi, uint64_t spi, uint64_t sleeps) {
  vm_up();
  OK(make_gic(msi));
  gic_cpu(spi, sleeps);
}

static void test_gic_arguments(void) {
  size_t n;
  uint32_t a, b;
  hv_gic_config_t c = hv_gic_config_create();
  IS(hv_gic_create(c), HV_NO_DEVICE);
  IS(hv_gic_set_spi(40, true), HV_NO_DEVICE);
  OK(hv_gic_get_distributor_size(&n)), EQ(n, 0x10000);
  OK(hv_gic_get_distributor_base_alignment(&n)), EQ(n, 0x10000);
  OK(hv_gic_get_redistributor_size(&n)), EQ(n, 0x20000);
  OK(hv_gic_get_redistributor_region_size(&n)), EQ(n, 0x2000000);
  OK(hv_gic_get_redistributor_base_alignment(&n)), EQ(n, 0x10000);
  OK(hv_gic_get_msi_region_size(&n)), EQ(n, 0x10000);
  OK(hv_gic_get_msi_region_base_alignment(&n)), EQ(n, 0x10000);
  OK(hv_gic_get_spi_interrupt_range(&a, &b)), EQ(a, 32), EQ(b, 988);
  OK(hv_gic_get_intid(HV_GIC_INT_EL1_VIRTUAL_TIMER, &a)), EQ(a, 27);
  OK(hv_gic_get_intid(HV_GIC_INT_EL1_PHYSICAL_TIMER, &a)), EQ(a, 30);
  IS(hv_gic_get_intid(HV_GIC_INT_MAINTENANCE, &a), HV_UNSUPPORTED);
  IS(hv_gic_get_intid(5, &a), HV_BAD_ARGUMENT);
  IS(hv_gic_get_distributor_size(NULL), HV_BAD_ARGUMENT);

  vm_up();
  IS(hv_gic_create(NULL), HV_BAD_ARGUMENT);
  IS(hv_gic_create(c), HV_BAD_ARGUMENT); /* no bases */
  IS(hv_gic_config_set_distributor_base(c, GICD + 0x1000), HV_BAD_ARGUMENT);
  IS(hv_gic_config_set_msi_interrupt_range(c, 31, 4), HV_BAD_ARGUMENT);
  IS(hv_gic_config_set_msi_interrupt_range(c, 1016, 5), HV_BAD_ARGUMENT);
  OK(hv_gic_config_set_distributor_base(c, RAM_IPA));
  OK(hv_gic_config_set_redistributor_base(c, GICR));
  IS(hv_gic_create(c), HV_BAD_ARGUMENT); /* overlaps RAM */
  cpu_up(G_SPIN);
  OK(hv_gic_config_set_distributor_base(c, GICD));
  IS(hv_gic_create(c), HV_ERROR); /* too late */
  OK(hv_vcpu_destroy(cpu));
  OK(hv_gic_create(c));
  IS(hv_gic_create(c), HV_ERROR); /* twice */
  IS(hv_vm_map(ram, GICD, 0x4000, RWX), HV_ERROR);
  vm_down();
  os_release(c);
}

static void *pulse_soon(void *arg) {
  uint32_t intid = (uint32_t)(uintptr_t)arg;
  usleep(5000);
  OK(hv_gic_set_spi(intid, true));
  usleep(5000);
  OK(hv_gic_set_spi(intid, false));
  return NULL;
}

static void test_gic_spi(void) {
  pthread_t t;
  gic_up(true, 40, 1);
  IS(hv_gic_set_spi(31, true), HV_BAD_ARGUMENT);
  IS(hv_gic_set_spi(1020, true), HV_BAD_ARGUMENT);
  IS(hv_gic_set_spi(61, true), HV_BAD_ARGUMENT); /* inside the MSI range */
  IS(hv_vcpu_set_pending_interrupt(cpu, HV_INTERRUPT_TYPE_IRQ, true), HV_UNSUPPORTED);
  OK(hv_gic_set_spi(40, true));
  OK(hv_gic_set_spi(40, false));                          /* level input, taken back before anybody looked */
  EQ(run_limited(5000), REASON(HV_EXIT_REASON_CANCELED)); /* sleeps in WFI, no exit */
  EQ(get(21), 0);
  pthread_create(&t, NULL, pulse_soon, (void *)40);
  EQ(run(), HVC(2));
  pthread_join(t, NULL);
  EQ(get(22), 40);
  TRUE(get(21) > 1); /* a level is taken again and again until it is lowered */

  OK(hv_gic_set_distributor_reg(0xc08, 2u << 16)); /* INTID 40 becomes edge */
  set(21, 0);
  OK(hv_gic_set_spi(40, true));
  OK(hv_gic_set_spi(40, false)); /* ignored for edges */
  EQ(run(), HVC(2));
  EQ(get(21), 1);
  down();
}

static void *spi_soon(void *arg) {
  usleep(20000);
  OK(hv_gic_set_spi((uint32_t)(uintptr_t)arg, true));
  return NULL;
}

static void test_gic_wakes_wfi(void) {
  pthread_t t;
  gic_up(false, 40, 1);
  OK(hv_gic_set_distributor_reg(0xc08, 2u << 16));
  double start = now();
  pthread_create(&t, NULL, spi_soon, (void *)40);
  EQ(run(), HVC(2)); /* set_spi alone wakes it: no cancel needed */
  TRUE(now() - start > 0.015);
  EQ(get(22), 40);
  pthread_join(t, NULL);
  set(21, 0);
  struct timespec c1, c2;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &c1);
  EQ(run_limited(50000), REASON(HV_EXIT_REASON_CANCELED)); /* a cancel reaches a sleeper */
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &c2);
  TRUE((double)(c2.tv_sec - c1.tv_sec) + (double)(c2.tv_nsec - c1.tv_nsec) / 1e9 < 0.02);
  down();
}

static void test_gic_timer(void) {
  uint64_t x = 1;
  gic_up(false, 0, 1);
  set(HV_REG_PC, RAM_IPA + G_GIC_TIMER);
  double start = now();
  EQ(run(), HVC(2)); /* no VTIMER_ACTIVATED, no WFI exit */
  TRUE(now() - start > 0.0009);
  EQ(get(22), 27);
  EQ(get(21), 1);
  OK(hv_vcpu_get_sys_reg(cpu, HV_SYS_REG_CNTP_CTL_EL0, &x)), EQ(x, 0); /* readable with a GIC */
  down();
}

static void test_gic_msi(void) {
  uint64_t x = 0;
  gic_up(true, 61, 1);
  IS(hv_gic_send_msi(MSI, 61), HV_BAD_ARGUMENT);        /* not the doorbell register */
  IS(hv_gic_send_msi(MSI + 0x40, 40), HV_BAD_ARGUMENT); /* not an MSI interrupt */
  OK(hv_gic_set_distributor_reg(0xc0c, 0xaa000000));    /* 60..63 edge */
  OK(hv_gic_send_msi(MSI + 0x40, 61));
  EQ(run(), HVC(2));
  EQ(get(22), 61);
  set(21, 0);
  set(0, 61);
  set(1, MSI);
  set(HV_REG_PC, RAM_IPA + G_GIC_MSI); /* the guest rings itself */
  EQ(run(), HVC(2));
  EQ(get(21), 1);
  OK(hv_gic_get_msi_reg(8, &x)), EQ(x, 60 << 16 | 4);
  IS(hv_gic_get_msi_reg(0xc, &x), HV_BAD_ARGUMENT);
  down();
}

static void test_gic_redistributor(void) {
  hv_ipa_t base = 0;
  vm_up();
  OK(make_gic(false));
  cpu_up(G_REDIST);
  set(1, GICR);
  IS(hv_gic_get_redistributor_base(cpu, &base), HV_BAD_ARGUMENT); /* MPIDR not set */
  EQ(run(), 0x93800007);                                          /* the access comes out as MMIO */
  EQ(out->exception.physical_address, GICR + 8);
  OK(hv_vcpu_set_sys_reg(cpu, HV_SYS_REG_MPIDR_EL1, 0x80000005));
  OK(hv_gic_get_redistributor_base(cpu, &base));
  EQ(base, GICR);
  EQ(run(), HVC(1));      /* now it is handled inside */
  EQ(get(0) >> 4 & 1, 1); /* last redistributor */
  EQ(get(2), 5);          /* affinity */
  down();
}

static void *second_gic_cpu(void *arg) {
  hv_vcpu_t id;
  hv_vcpu_exit_t *e;
  hv_ipa_t base = 0;
  uint64_t x = 0;
  pthread_barrier_t *b = arg;
  OK(hv_vcpu_create(&id, &e, NULL));
  OK(hv_vcpu_set_sys_reg(id, HV_SYS_REG_MPIDR_EL1, 0x80000001));
  OK(hv_gic_get_redistributor_base(id, &base));
  EQ(base, GICR + 0x20000);
  OK(hv_vcpu_set_reg(id, HV_REG_PC, RAM_IPA + G_GIC_INIT));
  OK(hv_vcpu_set_reg(id, HV_REG_CPSR, 0x3c5));
  OK(hv_vcpu_set_reg(id, 26, 1));
  OK(hv_vcpu_run(id));
  EQ(e->exception.syndrome, HVC(1));
  pthread_barrier_wait(b);
  OK(hv_vcpu_run(id)); /* sleeps until the SGI of the other vCPU */
  EQ(e->exception.syndrome, HVC(2));
  OK(hv_vcpu_get_reg(id, 22, &x)), EQ(x, 3);
  OK(hv_vcpu_destroy(id));
  return NULL;
}

static void test_gic_sgi(void) {
  pthread_t t;
  pthread_barrier_t b;
  pthread_barrier_init(&b, NULL, 2);
  gic_up(false, 0, 1);
  set(27, 5);
  set(28, 1); /* to itself */
  set(HV_REG_PC, RAM_IPA + G_GIC_SGI);
  EQ(run(), HVC(2));
  EQ(get(22), 5);
  pthread_create(&t, NULL, second_gic_cpu, &b);
  pthread_barrier_wait(&b);
  usleep(5000);
  set(21, 0);
  set(27, 3);
  set(28, 2); /* to CPU 1 */
  set(HV_REG_PC, RAM_IPA + G_GIC_SGI);
  EQ(run_limited(20000), REASON(HV_EXIT_REASON_CANCELED));
  EQ(get(21), 0);
  pthread_join(t, NULL);
  down();
}

static void test_gic_registers(void) {
  uint64_t x = 0;
  pthread_t t;
  gic_up(false, 40, 1);
  OK(hv_gic_get_icc_reg(cpu, 0xc230, &x)), EQ(x, 0xf0);
  OK(hv_gic_set_icc_reg(cpu, 0xc230, 0)); /* priority mask closes everything */
  OK(hv_gic_set_spi(40, true));
  EQ(run_limited(3000), REASON(HV_EXIT_REASON_CANCELED));
  EQ(get(21), 0);
  OK(hv_gic_set_icc_reg(cpu, 0xc230, 0xf0));
  pthread_create(&t, NULL, pulse_soon, (void *)40);
  EQ(run(), HVC(2));
  pthread_join(t, NULL);
  IS(hv_gic_set_icc_reg(cpu, 0xc65b, 0), HV_DENIED); /* RPR */
  IS(hv_gic_get_icc_reg(cpu, 0xc661, &x), HV_BAD_ARGUMENT);
  IS(hv_gic_get_ich_reg(cpu, 0xe658, &x), HV_UNSUPPORTED);
  OK(hv_gic_get_redistributor_reg(cpu, 0x10100, &x)), EQ(x, 0xffffffff);
  IS(hv_gic_get_redistributor_reg(cpu, 0x14, &x), HV_BAD_ARGUMENT); /* no WAKER */
  IS(hv_gic_set_redistributor_reg(cpu, 8, 0), HV_DENIED);
  OK(hv_gic_get_distributor_reg(4, &x)), EQ(x & 31, 31);
  IS(hv_gic_get_distributor_reg(0x10, &x), HV_BAD_ARGUMENT);
  OK(hv_gic_set_distributor_reg(0x6140, 1)); /* route INTID 40 to affinity 1 */
  OK(hv_gic_get_distributor_reg(0x6140, &x)), EQ(x, 1);
  down();
}

static void test_gic_state(void) {
  size_t n = 0;
  uint64_t x = 0;
  gic_up(false, 40, 1);
  hv_gic_state_t s = hv_gic_state_create();
  TRUE(s != NULL);
  OK(hv_gic_state_get_size(s, &n));
  void *blob = malloc(n);
  OK(hv_gic_state_get_data(s, blob));
  os_release(s);
  OK(hv_gic_get_distributor_reg(0x104, &x)), EQ(x, 1 << 8);
  OK(hv_gic_reset());
  OK(hv_gic_get_distributor_reg(0x104, &x)), EQ(x, 0);
  OK(hv_gic_set_state(blob, n));
  OK(hv_gic_get_distributor_reg(0x104, &x)), EQ(x, 1 << 8);
  IS(hv_gic_set_state(blob, n - 1), HV_BAD_ARGUMENT);
  memset(blob, 0, 4);
  IS(hv_gic_set_state(blob, n), HV_BAD_ARGUMENT);
  free(blob);
  down();
}

const abi_test_t gic_tests[] = {
    TEST(gic_arguments),     TEST(gic_spi), TEST(gic_wakes_wfi), TEST(gic_timer), TEST(gic_msi),
    TEST(gic_redistributor), TEST(gic_sgi), TEST(gic_registers), TEST(gic_state), {0}};
