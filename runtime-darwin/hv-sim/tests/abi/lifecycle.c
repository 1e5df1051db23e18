/* SPDX-License-Identifier: GPL-2.0-only */
/* Life cycle, arguments, registers as the VMM sees them. */
#include "abi.h"

#include <string.h>

static void test_vm_lifecycle(void) {
  uint32_t n = 0;
  IS(hv_vm_destroy(), HV_NO_DEVICE);
  IS(hv_vm_map((void *)0x4000, 0x4000, 0x4000, RWX), HV_NO_DEVICE);
  IS(hv_vcpu_create(&cpu, &out, NULL), HV_NO_DEVICE);
  OK(hv_vm_get_max_vcpu_count(&n));
  TRUE(n >= 4);
  IS(hv_vm_get_max_vcpu_count(NULL), HV_BAD_ARGUMENT);
  for (int i = 0; i < 3; i++) { /* a new VM after destroy works */
    up(G_SPIN);
    IS(hv_vm_create(NULL), HV_BUSY);
    IS(hv_vm_destroy(), HV_BUSY); /* a vCPU is left */
    down();
  }
}

static void test_vm_config(void) {
  uint32_t bits = 0, granule = 9;
  bool flag = true;
  hv_vm_config_t c = hv_vm_config_create();
  OK(hv_vm_config_get_default_ipa_size(&bits));
  EQ(bits, 36);
  OK(hv_vm_config_get_max_ipa_size(&bits));
  EQ(bits, 40);
  OK(hv_vm_config_get_el2_supported(&flag));
  EQ(flag, false);
  IS(hv_vm_config_set_el2_enabled(c, true), HV_UNSUPPORTED);
  OK(hv_vm_config_get_ipa_granule(c, &granule));
  EQ(granule, HV_IPA_GRANULE_16KB);
  IS(hv_vm_config_set_ipa_size(c, 41), HV_BAD_ARGUMENT);
  IS(hv_vm_config_set_ipa_size(NULL, 40), HV_BAD_ARGUMENT);
  OK(hv_vm_config_set_ipa_size(c, 40));
  OK(hv_vm_create(c));
  os_release(c);
  void *p = memory(0x4000);
  OK(hv_vm_map(p, 1ull << 38, 0x4000, RWX)); /* beyond 36 bits */
  OK(hv_vm_destroy());
  OK(hv_vm_create(NULL));
  IS(hv_vm_map(p, 1ull << 38, 0x4000, RWX), HV_BAD_ARGUMENT);
  OK(hv_vm_destroy());
  c = hv_vm_config_create();
  OK(hv_vm_config_set_ipa_granule(c, HV_IPA_GRANULE_4KB));
  OK(hv_vm_create(c));
  OK(hv_vm_map(p, 0x1000, 0x1000, RWX)); /* 4 KiB units, only with this granule */
  OK(hv_vm_destroy());
  os_release(c);
  OK(hv_vm_deallocate(p, 0x4000));
}

static void test_map_arguments(void) {
  vm_up();
  char *p = memory(0x10000);
  IS(hv_vm_map(p + 0x1000, 0x4000, 0x4000, RWX), HV_BAD_ARGUMENT); /* host 4 KiB aligned only */
  IS(hv_vm_map(p, 0x1000, 0x4000, RWX), HV_BAD_ARGUMENT);          /* IPA */
  IS(hv_vm_map(p, 0x4000, 0x1000, RWX), HV_BAD_ARGUMENT);          /* size */
  IS(hv_vm_map(p, 0x4000, 0, RWX), HV_BAD_ARGUMENT);
  IS(hv_vm_map(NULL, 0x4000, 0x4000, RWX), HV_BAD_ARGUMENT);
  IS(hv_vm_map(p, 0x4000, 0x4000, 8), HV_BAD_ARGUMENT);
  IS(hv_vm_map(p, ~0ull << 14, 0x8000, RWX), HV_BAD_ARGUMENT); /* wraps */
  IS(hv_vm_map(p, RAM_IPA + 0x4000, 0x4000, RWX), HV_ERROR);   /* overlap */
  OK(hv_vm_map(p, 0x4000, 0x4000, RWX));
  IS(hv_vm_map(p, 0x4000, 0x4000, RWX), HV_ERROR);
  IS(hv_vm_unmap(0x8000, 0x4000), HV_BAD_ARGUMENT); /* never mapped */
  IS(hv_vm_unmap(0x4000, 0x8000), HV_BAD_ARGUMENT); /* partly */
  IS(hv_vm_protect(0x8000, 0x4000, HV_MEMORY_READ), HV_BAD_ARGUMENT);
  IS(hv_vm_protect(0x4000, 0x1000, HV_MEMORY_READ), HV_BAD_ARGUMENT);
  OK(hv_vm_unmap(0x4000, 0x4000));
  IS(hv_vm_unmap(0x4000, 0x4000), HV_BAD_ARGUMENT); /* twice */
  IS(hv_vm_allocate(NULL, 0x4000, 0), HV_BAD_ARGUMENT);
  OK(hv_vm_deallocate(p, 0x10000));
  vm_down();
}

static void *foreign_calls(void *arg) {
  uint64_t x;
  bool b;
  (void)arg;
  IS(hv_vcpu_run(cpu), HV_BAD_ARGUMENT);
  IS(hv_vcpu_get_reg(cpu, 0, &x), HV_BAD_ARGUMENT);
  IS(hv_vcpu_set_reg(cpu, 0, 1), HV_BAD_ARGUMENT);
  IS(hv_vcpu_get_sys_reg(cpu, HV_SYS_REG_MPIDR_EL1, &x), HV_BAD_ARGUMENT);
  IS(hv_vcpu_set_sys_reg(cpu, HV_SYS_REG_MPIDR_EL1, 1), HV_BAD_ARGUMENT);
  IS(hv_vcpu_get_vtimer_mask(cpu, &b), HV_BAD_ARGUMENT);
  IS(hv_vcpu_set_pending_interrupt(cpu, 0, true), HV_BAD_ARGUMENT);
  IS(hv_vcpu_destroy(cpu), HV_BAD_ARGUMENT);
  OK(hv_vcpus_exit(&cpu, 1)); /* the one call that crosses threads */
  return NULL;
}

static void *make_and_keep(void *arg) {
  hv_vcpu_t id;
  hv_vcpu_exit_t *e;
  pthread_barrier_t *b = arg;
  hv_return_t r = hv_vcpu_create(&id, &e, NULL);
  pthread_barrier_wait(b);
  pthread_barrier_wait(b);
  if (r == HV_SUCCESS)
    OK(hv_vcpu_destroy(id));
  return (void *)(intptr_t)r;
}

static void test_vcpu_lifecycle(void) {
  uint64_t x;
  hv_vcpu_t second;
  hv_vcpu_exit_t *e;
  up(G_CALLS);
  EQ(sizeof *out, 32);
  EQ((char *)&out->exception.physical_address - (char *)out, 24);
  IS(hv_vcpu_create(NULL, &e, NULL), HV_BAD_ARGUMENT);
  IS(hv_vcpu_create(&second, NULL, NULL), HV_BAD_ARGUMENT);
  IS(hv_vcpu_create(&second, &e, NULL), HV_BUSY); /* one vCPU per thread */
  in_thread(foreign_calls, NULL);
  EQ(run(), REASON(HV_EXIT_REASON_CANCELED));
  EQ(run(), HVC(0)); /* the foreign calls changed nothing */

  pthread_t t[9];
  pthread_barrier_t b;
  unsigned full = 0;
  pthread_barrier_init(&b, NULL, 10);
  for (int i = 0; i < 9; i++)
    pthread_create(&t[i], NULL, make_and_keep, &b);
  pthread_barrier_wait(&b);
  pthread_barrier_wait(&b);
  for (int i = 0; i < 9; i++) {
    void *r;
    pthread_join(t[i], &r);
    full += (hv_return_t)(intptr_t)r == HV_NO_RESOURCES;
  }
  EQ(full, 2); /* 8 in all, one was there */

  hv_vcpu_t old = cpu;
  OK(hv_vcpu_destroy(cpu));
  IS(hv_vcpu_destroy(old), HV_BAD_ARGUMENT);
  IS(hv_vcpu_run(old), HV_BAD_ARGUMENT);
  IS(hv_vcpu_get_reg(old, 0, &x), HV_BAD_ARGUMENT);
  IS(hv_vcpus_exit(&old, 1), HV_BAD_ARGUMENT);
  cpu_up(G_CALLS);
  TRUE(cpu != old); /* a stale id never hits a new vCPU */
  IS(hv_vcpu_run(old), HV_BAD_ARGUMENT);
  down();
}

static void test_registers(void) {
  uint64_t x;
  up(G_SPIN);
  for (hv_reg_t r = 0; r <= 30; r++)
    set(r, 0x1111111111111111ull * (r & 15) + r);
  for (hv_reg_t r = 0; r <= 30; r++)
    EQ(get(r), 0x1111111111111111ull * (r & 15) + r);
  set(HV_REG_PC, 0x123450), EQ(get(HV_REG_PC), 0x123450);
  set(HV_REG_FPSR, 0x1f), EQ(get(HV_REG_FPSR), 0x1f);
  set(HV_REG_FPCR, 0x400000), EQ(get(HV_REG_FPCR), 0x400000);
  IS(hv_vcpu_get_reg(cpu, 35, &x), HV_BAD_ARGUMENT);
  IS(hv_vcpu_set_reg(cpu, 35, 0), HV_BAD_ARGUMENT);
  IS(hv_vcpu_get_reg(cpu, 0, NULL), HV_BAD_ARGUMENT);

  hv_simd_fp_uchar16_t q = {0}, w;
  for (int i = 0; i < 16; i++)
    q[i] = (unsigned char)(i * 7);
  OK(hv_vcpu_set_simd_fp_reg(cpu, 31, q));
  OK(hv_vcpu_get_simd_fp_reg(cpu, 31, &w));
  TRUE(!memcmp(&q, &w, 16));
  IS(hv_vcpu_get_simd_fp_reg(cpu, 32, &w), HV_BAD_ARGUMENT);

  /* stack pointers are banked by CPSR.SP */
  OK(hv_vcpu_set_sys_reg(cpu, HV_SYS_REG_SP_EL0, 0xaaa0));
  OK(hv_vcpu_set_sys_reg(cpu, HV_SYS_REG_SP_EL1, 0xbbb0));
  set(HV_REG_CPSR, 0x3c4);
  OK(hv_vcpu_get_sys_reg(cpu, HV_SYS_REG_SP_EL1, &x)), EQ(x, 0xbbb0);
  OK(hv_vcpu_get_sys_reg(cpu, HV_SYS_REG_SP_EL0, &x)), EQ(x, 0xaaa0);
  set(HV_REG_CPSR, 0x3c5);
  OK(hv_vcpu_get_sys_reg(cpu, HV_SYS_REG_SP_EL1, &x)), EQ(x, 0xbbb0);
  EQ(get(HV_REG_CPSR) & 0x3cf, 0x3c5);
  set(HV_REG_CPSR, 0x3c9); /* EL2 in a VM without EL2 */
  IS(hv_vcpu_run(cpu), HV_ILLEGAL_GUEST_STATE);
  set(HV_REG_CPSR, 0x3c5);
  down();
}

static void test_sys_registers(void) {
  static const hv_sys_reg_t rw[] = {0x8012, 0xc082, 0xc100, 0xc101, 0xc102, 0xc510, 0xc200, 0xc201, 0xc288,
                                    0xc290, 0xc300, 0xc600, 0xc681, 0xc684, 0xde82, 0xde83, 0xc108, 0x8010};
  static const hv_sys_reg_t unknown[] = {0xdf00, 0xdf02, 0xdce0, 0x8084, 0x809c, 0xc660, 0xffff};
  uint64_t x;
  up(G_SPIN);
  for (size_t i = 0; i < sizeof rw / sizeof *rw; i++) {
    uint64_t v = rw[i] == 0xc600 ? 0x12345800 : rw[i] == 0xc082 ? 0x300000 : 0x2000;
    OK(hv_vcpu_set_sys_reg(cpu, rw[i], v));
    OK(hv_vcpu_get_sys_reg(cpu, rw[i], &x));
    EQ(x, v);
  }
  for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
    IS(hv_vcpu_get_sys_reg(cpu, unknown[i], &x), HV_BAD_ARGUMENT);
    IS(hv_vcpu_set_sys_reg(cpu, unknown[i], 0), HV_BAD_ARGUMENT);
  }
  IS(hv_vcpu_get_sys_reg(cpu, 0xe088, &x), HV_UNSUPPORTED);                  /* HCR_EL2 */
  IS(hv_vcpu_get_sys_reg(cpu, HV_SYS_REG_CNTP_CTL_EL0, &x), HV_UNSUPPORTED); /* needs a GIC */
  IS(hv_vcpu_get_sys_reg(cpu, 0xc080, NULL), HV_BAD_ARGUMENT);
  down();

  hv_vcpu_config_t c = hv_vcpu_config_create();
  uint64_t ccsidr[8];
  OK(hv_vcpu_config_get_feature_reg(c, HV_FEATURE_REG_ID_AA64PFR0_EL1, &x));
  EQ(x & 0xff, 0x11); /* AArch64 only */
  OK(hv_vcpu_config_get_feature_reg(c, HV_FEATURE_REG_CTR_EL0, &x));
  EQ(x >> 29 & 1, 0); /* DIC: the guest must invalidate */
  IS(hv_vcpu_config_get_feature_reg(c, 14, &x), HV_BAD_ARGUMENT);
  IS(hv_vcpu_config_get_feature_reg(NULL, 0, &x), HV_BAD_ARGUMENT);
  OK(hv_vcpu_config_get_ccsidr_el1_sys_reg_values(c, 0, ccsidr));
  os_release(c);
}

const abi_test_t lifecycle_tests[] = {TEST(vm_lifecycle),
                                      TEST(vm_config),
                                      TEST(map_arguments),
                                      TEST(vcpu_lifecycle),
                                      TEST(registers),
                                      TEST(sys_registers),
                                      {0}};
