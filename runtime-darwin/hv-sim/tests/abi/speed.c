/* SPDX-License-Identifier: GPL-2.0-only */
/* Rates, for the record; nothing here fails for being slow. */
#include "abi.h"

#include <stdio.h>

static void measure(const char *what, uint64_t entry, uint64_t step, long count, bool exits) {
  set(HV_REG_PC, RAM_IPA + entry);
  set(1, exits ? MMIO_IPA : RAM_IPA + G_DATA);
  set(2, (uint64_t)count);
  double start = now();
  unsigned long saved = checks;
  while (run() != HVC(1))
    if (step)
      skip();
  checks = saved;
  double rate = (double)count / (now() - start);
  if (exits)
    printf("     %-26s %.0f/s\n", what, rate);
  else
    printf("     %-26s %.0f million/s\n", what, rate * 5 / 1e6);
}

static void measure_unmap(void) {
  const uint64_t step = 0x8000, first = 0x100000; /* every other 16 KiB: 224 holes */
  double start = now();
  for (uint64_t at = first; at < RAM_SIZE; at += step)
    OK(hv_vm_unmap(RAM_IPA + at, 0x4000));
  for (uint64_t at = first; at < RAM_SIZE; at += step)
    OK(hv_vm_map(ram + at, RAM_IPA + at, 0x4000, RWX));
  printf("     %-26s %.0f/s\n", "unmap+map of 16 KiB", (double)((RAM_SIZE - first) / step) / (now() - start));
}

static void test_speed(void) {
  up(G_SPIN);
  measure("MMIO exits (run+get+set)", G_TIGHT_MMIO, 4, 300000, true);
  measure("HVC exits (run only)", G_TIGHT_HVC, 0, 300000, true);
  measure("guest instructions", G_TIGHT_ALU, 0, 20000000, false);
  measure_unmap();
  down();
}

const abi_test_t speed_tests[] = {TEST(speed), {0}};
