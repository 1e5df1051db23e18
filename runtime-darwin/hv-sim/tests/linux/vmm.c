/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Toy VMM on the hv_* ABI only: boots an arm64 Linux Image with the framework
 * GIC, a PL011, a virtio-mmio entropy device and PSCI.
 *
 *   vmm [-c cpus] [-t seconds] [-u] IMAGE INITRAMFS [arguments of /init]
 *
 * -u: no framework GIC, as on macOS 13 and 14. Interrupts then come from
 * soft_gic.c, the timer from VTIMER exits, and idling from WFI exits.
 */
#include "vmm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

uint8_t *ram;
cpu_t cpus[MAX_CPUS];
int cpu_count = 1;
bool soft_gic;
static __thread cpu_t *self;
pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* devices and power state */
pthread_cond_t power = PTHREAD_COND_INITIALIZER;
static double start_time;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void check(hv_return_t r, const char *what) {
  if (r == HV_SUCCESS)
    return;
  fprintf(stderr, "vmm: %s failed: %08x\n", what, (unsigned)r);
  exit(2);
}

void *guest_ptr(uint64_t ipa, uint64_t len) {
  uint64_t offset = ipa - RAM_BASE; /* wraps below RAM */
  if (offset >= RAM_SIZE || len > RAM_SIZE - offset)
    return NULL;
  return ram + offset;
}

void raise_line(uint32_t intid, bool level) {
  if (soft_gic)
    soft_gic_line(0, (int)intid, level);
  else
    CHECK(hv_gic_set_spi(intid, level));
}

/* -u: first the state (done by the caller), then the kick, which is sticky. */
void notify_cpu(int cpu) {
  cpu_t *c = &cpus[cpu];
  pthread_cond_signal(&c->wake);
  if (c != self && c->created)
    CHECK(hv_vcpus_exit(&c->id, 1));
}

uint64_t get(cpu_t *c, hv_reg_t r) {
  uint64_t x = 0;
  CHECK(hv_vcpu_get_reg(c->id, r, &x));
  return x;
}

void set(cpu_t *c, hv_reg_t r, uint64_t x) {
  CHECK(hv_vcpu_set_reg(c->id, r, x));
}
void skip(cpu_t *c) {
  set(c, HV_REG_PC, get(c, HV_REG_PC) + 4);
}

void finish(int code) {
  long total[64] = {0};
  long vtimer = 0;
  for (int i = 0; i < cpu_count; i++) {
    for (int k = 0; k < 64; k++)
      total[k] += cpus[i].exits[k];
    vtimer += cpus[i].vtimer_exits;
  }
  printf("vmm: cpus %d, %.3f s, exits: data abort %ld, sysreg %ld, hvc %ld, wfi %ld, vtimer %ld, "
         "rng %s\n",
         cpu_count, now() - start_time, total[0x24], total[0x18], total[0x16], total[0x01], vtimer,
         rng_worked ? "used" : "unused");
  fflush(stdout);
  _exit(code);
}

/* ---- vCPU threads: created up front, parked until CPU_ON ---- */

static void set_field(cpu_t *c, hv_sys_reg_t reg, unsigned shift, uint64_t value) {
  uint64_t x;
  CHECK(hv_vcpu_get_sys_reg(c->id, reg, &x));
  x = (x & ~(0xfull << shift)) | value << shift;
  CHECK(hv_vcpu_set_sys_reg(c->id, reg, x));
}

static void setup(cpu_t *c) {
  CHECK(hv_vcpu_create(&c->id, &c->exit, NULL));
  CHECK(hv_vcpu_set_sys_reg(c->id, HV_SYS_REG_MPIDR_EL1, 0x80000000u | (unsigned)c->index));
  set_field(c, HV_SYS_REG_ID_AA64PFR0_EL1, 8, 0);  /* no EL2 */
  set_field(c, HV_SYS_REG_ID_AA64PFR0_EL1, 12, 0); /* no EL3 */
  set_field(c, HV_SYS_REG_ID_AA64PFR0_EL1, 24, 1); /* GIC system registers */
  set_field(c, HV_SYS_REG_ID_AA64DFR0_EL1, 8, 0);  /* no PMU */
}

static void *cpu_thread(void *arg) __attribute__((noreturn));
static void *cpu_thread(void *arg) {
  cpu_t *c = arg;
  self = c;
  setup(c);
  pthread_mutex_lock(&lock);
  c->created = true;
  pthread_cond_broadcast(&power);
  while (!c->on)
    pthread_cond_wait(&power, &lock);
  pthread_mutex_unlock(&lock);
  set(c, 0, c->context);
  set(c, HV_REG_PC, c->entry);
  set(c, HV_REG_CPSR, 0x3c5);
  for (;;) {
    if (soft_gic) {
      pthread_mutex_lock(&lock);
      bool pending = soft_gic_pending(c->index);
      pthread_mutex_unlock(&lock);
      CHECK(hv_vcpu_set_pending_interrupt(c->id, HV_INTERRUPT_TYPE_IRQ, pending));
    }
    CHECK(hv_vcpu_run(c->id));
    handle_exit(c);
  }
}

/* ---- boot ---- */

static size_t load(const char *path, uint64_t addr) {
  FILE *f = fopen(path, "rb");
  if (!f) {
    perror(path);
    exit(2);
  }
  size_t n = fread(ram + (addr - RAM_BASE), 1, RAM_SIZE - (addr - RAM_BASE), f);
  fclose(f);
  return n;
}

static void create_vm(void) {
  void *p;
  CHECK(hv_vm_create(NULL));
  if (!soft_gic) {
    hv_gic_config_t g = hv_gic_config_create();
    CHECK(hv_gic_config_set_distributor_base(g, GICD_BASE));
    CHECK(hv_gic_config_set_redistributor_base(g, GICR_BASE));
    CHECK(hv_gic_create(g));
    os_release(g);
  }
  CHECK(hv_vm_allocate(&p, RAM_SIZE, 0));
  ram = p;
  CHECK(hv_vm_map(ram, RAM_BASE, RAM_SIZE, HV_MEMORY_READ | HV_MEMORY_WRITE | HV_MEMORY_EXEC));
}

static void *watchdog(void *arg) {
  sleep((unsigned)atoi(arg));
  fprintf(stderr, "vmm: the guest has not ended in %s s\n", (char *)arg);
  finish(3);
}

static void usage(void) {
  fprintf(stderr, "usage: vmm [-c CPUS] [-t SECONDS] [-u] IMAGE INITRAMFS [ARGUMENT OF INIT]...\n");
  exit(2);
}

int main(int argc, char **argv) {
  char args[512] = "console=ttyAMA0 panic=-1 quiet --", *limit = "120";
  int opt;
  pthread_t t;
  start_time = now();
  while ((opt = getopt(argc, argv, "+c:t:u")) > 0) {
    if (opt == 'c')
      cpu_count = atoi(optarg);
    else if (opt == 't')
      limit = optarg;
    else if (opt == 'u')
      soft_gic = true;
    else
      usage();
  }
  if (argc - optind < 2 || cpu_count < 1 || cpu_count > MAX_CPUS)
    usage();
  for (int i = optind + 2; i < argc; i++) {
    strncat(args, " ", sizeof args - strlen(args) - 1);
    strncat(args, argv[i], sizeof args - strlen(args) - 1);
  }
  create_vm();
  load(argv[optind], RAM_BASE);
  make_device_tree(args, INITRD_ADDR + load(argv[optind + 1], INITRD_ADDR));
  pthread_create(&t, NULL, watchdog, limit);
  for (int i = 0; i < cpu_count; i++) {
    pthread_cond_init(&cpus[i].wake, NULL);
    cpus[i].index = i; /* one after the other: creation order is redistributor order */
    pthread_create(&t, NULL, cpu_thread, &cpus[i]);
    pthread_mutex_lock(&lock);
    while (!cpus[i].created)
      pthread_cond_wait(&power, &lock);
    pthread_mutex_unlock(&lock);
  }
  cpu_on(0, RAM_BASE, DTB_ADDR);
  pause();
  return 2;
}
