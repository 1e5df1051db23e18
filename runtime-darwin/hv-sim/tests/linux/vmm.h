/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VMM_H
#define VMM_H

#include "hv.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAX_CPUS 8
#define RAM_BASE 0x40000000ull
#define RAM_SIZE (512ull << 20)
#define GICD_BASE 0x08000000ull
#define GICR_BASE 0x080a0000ull
#define UART_BASE 0x09000000ull
#define UART_INTID 33
#define RNG_BASE 0x0a000000ull
#define RNG_INTID 48

#define DTB_ADDR (RAM_BASE + 0x07000000)
#define INITRD_ADDR (RAM_BASE + 0x08000000)

typedef struct {
  int index;
  hv_vcpu_t id;
  hv_vcpu_exit_t *exit;
  uint64_t entry, context;
  bool created, on;
  long exits[64]; /* by exception class */
  long vtimer_exits;
  pthread_cond_t wake; /* -u: WFI */
} cpu_t;

/* vmm.c */
extern cpu_t cpus[MAX_CPUS];
extern int cpu_count;
extern bool soft_gic;        /* -u */
extern pthread_mutex_t lock; /* devices and power state */
extern pthread_cond_t power;
void check(hv_return_t r, const char *what);
#define CHECK(call) check(call, #call)
uint64_t get(cpu_t *c, hv_reg_t r);
void set(cpu_t *c, hv_reg_t r, uint64_t x);
void skip(cpu_t *c); /* the instruction that exited */
void finish(int code) __attribute__((noreturn));

/* exits.c */
void handle_exit(cpu_t *c);
uint64_t cpu_on(uint64_t target, uint64_t entry, uint64_t context);

/* tree.c */
void make_device_tree(const char *args, uint64_t initrd_end);

extern uint8_t *ram;
void *guest_ptr(uint64_t ipa, uint64_t len); /* NULL when not RAM */
void raise_line(uint32_t intid, bool level);

uint64_t uart_access(uint32_t off, bool write, uint64_t value);
uint64_t rng_access(uint32_t off, bool write, uint64_t value);
extern bool rng_worked;

/* soft_gic.c, used with -u */
void notify_cpu(int cpu);
bool soft_gic_pending(int cpu);
void soft_gic_line(int cpu, int intid, bool level);
uint64_t soft_gic_dist(uint32_t off, bool write, uint64_t value, unsigned size);
uint64_t soft_gic_redist(uint32_t off, bool write, uint64_t value, unsigned size);
bool soft_gic_sysreg(int cpu, uint32_t id, bool write, uint64_t *value, int *eoi);

#endif
