/* SPDX-License-Identifier: GPL-2.0-only */
/* Code and mappings that change under running vCPUs. */
#include "abi.h"

#include <unistd.h>

static void put_code(int n) {
  uint32_t *code = (uint32_t *)(ram + G_CODE);
  code[0] = MOV_X0(n);
  code[1] = RET;
}

static void test_self_modifying_code(void) {
  up(G_SELFMOD);
  EQ(run(), HVC(1));
  EQ(get(9), 0);
  EQ(get(5), 101);
  down();
  up(G_ALIAS); /* through a second virtual mapping */
  EQ(run(), HVC(1));
  EQ(get(9), 0);
  EQ(get(5), 101);
  down();
}

static void test_code_written_by_the_vmm(void) {
  up(G_CALLCODE);
  put_code(1);
  EQ(run(), HVC(2)), EQ(get(0), 1);
  put_code(2); /* like a block device read into a page that held code */
  EQ(run(), HVC(3)), EQ(get(0), 2);
  put_code(3);
  EQ(run(), HVC(4)), EQ(get(0), 3);
  put_code(4);
  sys_icache_invalidate(ram + G_CODE, 8); /* host-side maintenance works too */
  set(HV_REG_PC, RAM_IPA + G_CALLCODE);
  EQ(run(), HVC(2)), EQ(get(0), 4);
  down();
}

typedef struct {
  uint64_t entry, until;
  volatile int done;
} follower_t;

/* A second vCPU that returns only when it has seen what the first one changed. */
static void *follow(void *arg) {
  follower_t *f = arg;
  hv_vcpu_t id;
  hv_vcpu_exit_t *e;
  OK(hv_vcpu_create(&id, &e, NULL));
  OK(hv_vcpu_set_reg(id, HV_REG_PC, RAM_IPA + f->entry));
  OK(hv_vcpu_set_reg(id, HV_REG_CPSR, 0x3c5));
  OK(hv_vcpu_set_reg(id, 5, f->until));
  OK(hv_vcpu_run(id));
  EQ(e->exception.syndrome, HVC(1));
  OK(hv_vcpu_destroy(id));
  f->done = 1;
  return NULL;
}

static uint64_t shown(void) {
  return *(volatile uint64_t *)(ram + G_DATA);
}

/* Let the follower see the old state, change it on this vCPU, wait for the follower. */
static void change_under_follower(uint64_t follower, uint64_t first, uint64_t last, uint64_t writer) {
  pthread_t t;
  follower_t f = {follower, last, 0};
  pthread_create(&t, NULL, follow, &f);
  double limit = now() + 5;
  while (shown() != first && now() < limit)
    usleep(1000);
  EQ(shown(), first);
  cpu_up(writer);
  EQ(run(), HVC(1));
  limit = now() + 5;
  while (!f.done && now() < limit)
    usleep(1000);
  EQ(f.done, 1);
  pthread_join(t, NULL);
}

static void test_code_written_by_another_vcpu(void) {
  vm_up();
  put_code(7);
  change_under_follower(G_CROSS, 7, 100, G_SELFMOD);
  EQ(get(9), 0);
  down();
}

static void test_mapping_changed_by_another_vcpu(void) {
  vm_up();
  for (uint64_t i = 0; i < 4; i++)
    *(uint64_t *)(ram + (i << 21) + 0x1ff000) = i + 1;
  change_under_follower(G_TLB_READER, 1, 4, G_TLB_WRITER);
  down();
}

const abi_test_t code_tests[] = {TEST(self_modifying_code),
                                 TEST(code_written_by_the_vmm),
                                 TEST(code_written_by_another_vcpu),
                                 TEST(mapping_changed_by_another_vcpu),
                                 {0}};
