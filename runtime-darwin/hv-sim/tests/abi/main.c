/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * abi_test --list          names of the tests
 * abi_test GUEST.BIN [NAME]
 */
#include "abi.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SECONDS_PER_TEST 120 /* a guest that hangs ends the program */

unsigned long checks;
static unsigned long failures;
static const char *guest_path, *test_name;
uint8_t *ram;
hv_vcpu_t cpu;
hv_vcpu_exit_t *out;

void verify(const char *file, int line, const char *text, uint64_t got, uint64_t want) {
  checks++;
  if (got == want)
    return;
  failures++;
  printf("FAIL %s %s:%d %s: got %llx, want %llx\n", test_name, file, line, text, (unsigned long long)got,
         (unsigned long long)want);
}

double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- the VM ---- */

void *memory(size_t size) {
  void *p = NULL;
  OK(hv_vm_allocate(&p, size, 0));
  return p;
}

static void load_guest(void) {
  FILE *f = fopen(guest_path, "rb");
  if (!f || !fread(ram, 1, RAM_SIZE, f)) {
    perror(guest_path);
    exit(2);
  }
  fclose(f);
}

void vm_up(void) {
  hv_return_t r = hv_vm_create(NULL);
  OK(r);
  if (r)
    exit(1); /* nothing below makes sense without a VM */
  ram = memory(RAM_SIZE);
  load_guest();
  OK(hv_vm_map(ram, RAM_IPA, RAM_SIZE, RWX));
}

void vm_down(void) {
  OK(hv_vm_destroy());
  OK(hv_vm_deallocate(ram, RAM_SIZE));
}

void cpu_up(uint64_t entry) {
  OK(hv_vcpu_create(&cpu, &out, NULL));
  OK(hv_vcpu_set_reg(cpu, HV_REG_PC, RAM_IPA + entry));
  OK(hv_vcpu_set_reg(cpu, HV_REG_CPSR, 0x3c5));
}

void up(uint64_t entry) {
  vm_up();
  cpu_up(entry);
}

void down(void) {
  OK(hv_vcpu_destroy(cpu));
  vm_down();
}

uint64_t get(hv_reg_t r) {
  uint64_t x = 0;
  OK(hv_vcpu_get_reg(cpu, r, &x));
  return x;
}

void set(hv_reg_t r, uint64_t x) {
  OK(hv_vcpu_set_reg(cpu, r, x));
}
void skip(void) {
  set(HV_REG_PC, get(HV_REG_PC) + 4);
}
uint64_t esr(void) {
  return out->exception.syndrome;
}

uint64_t run(void) {
  OK(hv_vcpu_run(cpu));
  return out->reason == HV_EXIT_REASON_EXCEPTION ? esr() : REASON(out->reason);
}
void in_thread(void *(*fn)(void *), void *arg) {
  pthread_t t;
  pthread_create(&t, NULL, fn, arg);
  pthread_join(t, NULL);
}

static void *cancel_soon(void *arg) {
  usleep((useconds_t)(uintptr_t)arg);
  hv_vcpus_exit(&cpu, 1);
  return NULL;
}

uint64_t run_limited(unsigned microseconds) {
  pthread_t t;
  pthread_create(&t, NULL, cancel_soon, (void *)(uintptr_t)microseconds);
  uint64_t r = run();
  pthread_join(t, NULL);
  return r;
}

/* ---- running ---- */

static const abi_test_t *const suites[] = {lifecycle_tests, exit_tests, memory_tests,
                                           code_tests,      gic_tests,  speed_tests};

static void list_test(const abi_test_t *t) {
  puts(t->name);
}

static void run_test(const abi_test_t *t) {
  unsigned long failed = failures, before = checks;
  test_name = t->name;
  alarm(SECONDS_PER_TEST);
  t->run();
  printf("%s %s (%lu checks)\n", failures == failed ? "ok  " : "FAIL", t->name, checks - before);
}

/* Calls fn for the test of that name, or for all; returns how many there were. */
static int each_test(const char *name, void (*fn)(const abi_test_t *)) {
  int found = 0;
  for (size_t i = 0; i < sizeof suites / sizeof *suites; i++)
    for (const abi_test_t *t = suites[i]; t->name; t++) {
      if (name && strcmp(name, t->name))
        continue;
      found++;
      fn(t);
    }
  return found;
}

int main(int argc, char **argv) {
  if (argc == 2 && !strcmp(argv[1], "--list"))
    return !each_test(NULL, list_test);
  if (argc < 2 || argc > 3) {
    fprintf(stderr, "usage: abi_test --list | abi_test GUEST.BIN [NAME]\n");
    return 2;
  }
  guest_path = argv[1];
  setvbuf(stdout, NULL, _IOLBF, 0);
  if (!each_test(argv[2], run_test)) {
    fprintf(stderr, "abi_test: no test %s; see --list\n", argv[2]);
    return 2;
  }
  printf("%lu checks, %lu failures\n", checks, failures);
  return failures != 0;
}
