/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the ABI tests share: a VM with one vCPU, and checks. One check per
 * documented behaviour of the framework, on bare-metal guests (guest/).
 */
#ifndef ABI_H
#define ABI_H

#include "guest/slots.h"
#include "hv.h"

#include <pthread.h>

#define RAM_IPA 0x40000000ull
#define RAM_SIZE (8ull << 20)
#define MMIO_IPA 0x09000000ull
#define RWX (HV_MEMORY_READ | HV_MEMORY_WRITE | HV_MEMORY_EXEC)
#define MOV_X0(n) (0xd2800000u | (uint32_t)(n) << 5)
#define RET 0xd65f03c0u

typedef struct {
  const char *name; /* NULL ends a list */
  void (*run)(void);
} abi_test_t;
#define TEST(n)                                                                                              \
  { #n, test_##n }

extern const abi_test_t lifecycle_tests[], exit_tests[], memory_tests[], code_tests[], gic_tests[],
    speed_tests[];

/* ---- checks ---- */
extern unsigned long checks;
void verify(const char *file, int line, const char *text, uint64_t got, uint64_t want);
#define VERIFY(text, got, want) verify(__FILE__, __LINE__, text, got, want)
#define EQ(got, want) VERIFY(#got, (uint64_t)(got), (uint64_t)(want))
#define OK(call) VERIFY(#call, (uint32_t)(call), HV_SUCCESS)
#define IS(call, code) VERIFY(#call, (uint32_t)(call), (uint32_t)(code))
#define TRUE(cond) VERIFY(#cond, !!(cond), 1)

/* ---- the VM: made by vm_up() or up(), and its vCPU, owned by the calling thread ---- */
extern uint8_t *ram;
extern hv_vcpu_t cpu;
extern hv_vcpu_exit_t *out;
void *memory(size_t size);
void vm_up(void);
void vm_down(void);
void cpu_up(uint64_t entry);
void up(uint64_t entry);
void down(void);
uint64_t get(hv_reg_t r);
void set(hv_reg_t r, uint64_t x);
void skip(void); /* the instruction that exited */
uint64_t esr(void);
uint64_t run(void);                          /* returns HVC(n), another syndrome, or REASON(r) */
uint64_t run_limited(unsigned microseconds); /* the same, canceled after that time */
#define REASON(r) (1ull << 63 | (r))
#define HVC(n) (0x5a000000ull | (n))

void in_thread(void *(*fn)(void *), void *arg);
double now(void); /* seconds */

#endif
