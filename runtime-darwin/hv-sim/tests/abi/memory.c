/* SPDX-License-Identifier: GPL-2.0-only */
/* Guest memory: protection, holes, remapping. */
#include "abi.h"

#include <unistd.h>

static void test_protection(void) {
  const uint64_t page = RAM_IPA + 0x100000;
  up(G_STORE);
  set(1, page + 0x128);
  set(3, 0x77);
  OK(hv_vm_protect(page, 0x4000, HV_MEMORY_READ));
  EQ(run(), 0x93c3804f); /* write to a read-only page: permission, level 3 */
  EQ(out->exception.physical_address, page + 0x128);
  EQ(get(HV_REG_PC), RAM_IPA + G_STORE);
  EQ(*(uint64_t *)(ram + 0x100128), 0); /* the store did not happen */
  OK(hv_vm_protect(page, 0x4000, RWX));
  EQ(run(), HVC(1)); /* retried, PC was not moved */
  EQ(get(4), 0x77);
  OK(hv_vm_protect(page, 0x4000, HV_MEMORY_READ)); /* again, with a warm TLB */
  set(HV_REG_PC, RAM_IPA + G_STORE);
  EQ(run(), 0x93c3804f);
  OK(hv_vm_protect(page, 0x4000, RWX));

  set(HV_REG_PC, 0x50000000);
  EQ(run(), 0x82000007); /* fetch from nowhere */
  EQ(out->exception.physical_address, 0x50000000);
  OK(hv_vm_protect(RAM_IPA + 0x4000, 0x4000, HV_MEMORY_READ | HV_MEMORY_WRITE));
  set(HV_REG_PC, RAM_IPA + 0x4000);
  EQ(run(), 0x8200000f); /* fetch without EXEC */
  OK(hv_vm_protect(RAM_IPA + 0x4000, 0x4000, RWX));
  down();
}

static void test_unmap_and_remap(void) {
  const uint64_t page = RAM_IPA + 0x100000;
  uint64_t *other = memory(0x4000);
  up(G_STORE);
  set(1, page);
  set(3, 0x11);
  EQ(run(), HVC(1));
  OK(hv_vm_unmap(page, 0x4000)); /* a hole in a larger mapping */
  set(HV_REG_PC, RAM_IPA + G_STORE);
  EQ(run(), 0x93c38047);
  OK(hv_vm_map(other, page, 0x4000, RWX));
  EQ(run(), HVC(1));
  EQ(other[0], 0x11);
  EQ(*(uint64_t *)(ram + 0x100000), 0x11);
  OK(hv_vm_unmap(page, 0x4000));
  OK(hv_vm_map(ram + 0x100000, page, 0x4000, RWX));
  *(uint64_t *)(ram + 0x100000) = 0x99;
  set(3, 0x98);
  set(HV_REG_PC, RAM_IPA + G_STORE + 4);
  EQ(run(), HVC(1));
  EQ(get(4), 0x99);
  down();
  OK(hv_vm_deallocate(other, 0x4000));
}

/* Another page at the same IPA is other code, without any cache maintenance. */
static void test_remapped_code(void) {
  const uint64_t ipa = RAM_IPA + (64 << 20);
  char *pages = memory(32 * 0x4000);
  up(G_SPIN);
  for (int i = 0; i < 32; i++) {
    uint32_t *code = (uint32_t *)(pages + i * 0x4000);
    code[0] = MOV_X0(i);
    code[1] = 0xd4000022; /* hvc #1 */
    OK(hv_vm_map(code, ipa, 0x4000, RWX));
    set(HV_REG_PC, ipa);
    EQ(run(), HVC(1));
    EQ(get(0), i);
    OK(hv_vm_unmap(ipa, 0x4000));
  }
  down();
  OK(hv_vm_deallocate(pages, 32 * 0x4000));
}

static void *map_while_running(void *arg) {
  usleep(5000);
  IS(hv_vm_map(arg, 0x10000000, 0x4000, RWX), HV_SUCCESS);
  usleep(5000);
  *(volatile uint64_t *)(ram + G_DATA) = 1;
  return NULL;
}

static void test_map_from_another_thread(void) {
  pthread_t t;
  void *p = memory(0x4000);
  up(G_POLL);
  set(1, RAM_IPA + G_DATA);
  pthread_create(&t, NULL, map_while_running, p);
  EQ(run(), HVC(1)); /* the running vCPU saw neither a cancel nor an exit */
  pthread_join(t, NULL);
  *(uint64_t *)p = 5;
  set(1, 0x10000000);
  set(HV_REG_PC, RAM_IPA + G_POLL);
  EQ(run(), HVC(1));
  EQ(get(0), 5);
  down();
  OK(hv_vm_deallocate(p, 0x4000));
}

const abi_test_t memory_tests[] = {
    TEST(protection), TEST(unmap_and_remap), TEST(remapped_code), TEST(map_from_another_thread), {0}};
