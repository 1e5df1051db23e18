/* SPDX-License-Identifier: GPL-2.0-only */
/* What the toy VMM does when a vCPU comes back: MMIO, PSCI, system registers, idling. */
#include "vmm.h"

#include <stdio.h>
#include <time.h>

static uint64_t mmio(uint64_t ipa, bool write, uint64_t value, unsigned size) {
  uint64_t r = 0;
  pthread_mutex_lock(&lock);
  if (soft_gic && ipa - GICD_BASE < 0x10000)
    r = soft_gic_dist((uint32_t)(ipa - GICD_BASE), write, value, size);
  else if (soft_gic && ipa - GICR_BASE < (uint64_t)cpu_count * 0x20000)
    r = soft_gic_redist((uint32_t)(ipa - GICR_BASE), write, value, size);
  else if (ipa - UART_BASE < 0x1000)
    r = uart_access((uint32_t)(ipa - UART_BASE), write, value);
  else if (ipa - RNG_BASE < 0x200)
    r = rng_access((uint32_t)(ipa - RNG_BASE), write, value);
  else
    fprintf(stderr, "vmm: stray %s at %llx\n", write ? "write" : "read", (long long)ipa);
  pthread_mutex_unlock(&lock);
  return r;
}

static void data_abort(cpu_t *c, uint64_t esr, uint64_t ipa) {
  if (!(esr >> 24 & 1)) {
    fprintf(stderr, "vmm: no valid syndrome: pc %llx ipa %llx\n", (long long)get(c, HV_REG_PC),
            (long long)ipa);
    finish(2);
  }
  unsigned rt = esr >> 16 & 31, bits = 8u << (esr >> 22 & 3);
  uint64_t mask = bits == 64 ? ~0ull : (1ull << bits) - 1;
  if (esr >> 6 & 1) {
    mmio(ipa, true, rt == 31 ? 0 : get(c, rt) & mask, bits / 8);
  } else {
    uint64_t x = mmio(ipa, false, 0, bits / 8) & mask;
    if (esr >> 21 & 1)
      x = (uint64_t)((int64_t)(x << (64 - bits)) >> (64 - bits));
    if (!(esr >> 15 & 1))
      x &= 0xffffffff;
    if (rt != 31)
      set(c, rt, x);
  }
  skip(c);
}

uint64_t cpu_on(uint64_t target, uint64_t entry, uint64_t context) {
  uint64_t r = (uint64_t)-2;
  pthread_mutex_lock(&lock);
  if ((target & 0xff) < (uint64_t)cpu_count) {
    cpu_t *t = &cpus[target & 0xff];
    r = t->on ? (uint64_t)-4 : 0;
    if (!t->on) {
      t->entry = entry;
      t->context = context;
      t->on = true;
      pthread_cond_broadcast(&power);
    }
  }
  pthread_mutex_unlock(&lock);
  return r;
}

static uint64_t psci_features(uint32_t f) {
  static const uint32_t known[] = {0x84000000, 0x84000002, 0xc4000003, 0xc4000004,
                                   0x84000008, 0x84000009, 0x80000000};
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (known[i] == f)
      return 0;
  return (uint64_t)-1;
}

static void psci(cpu_t *c) {
  uint64_t r = (uint64_t)-1, arg = get(c, 1);
  switch ((uint32_t)get(c, 0)) {
  case 0x84000000:
  case 0x80000000:
    r = 0x10001;
    break;
  case 0x84000006:
    r = 2;
    break;
  case 0x8400000a:
    r = psci_features((uint32_t)arg);
    break;
  case 0xc4000003:
    r = cpu_on(arg, get(c, 2), get(c, 3));
    break;
  case 0xc4000004:
    r = arg < (uint64_t)cpu_count && cpus[arg].on ? 0 : 1;
    break;
  case 0x84000008:
    finish(0);
  case 0x84000009:
    finish(1); /* the guest panicked: panic=-1 asks for a reset */
  }
  set(c, 0, r);
}

/* -u: the CPU interface. The end of the timer interrupt opens the timer again. */
static bool gic_sysreg(cpu_t *c, uint32_t id, bool write, uint64_t *value) {
  int eoi;
  pthread_mutex_lock(&lock);
  bool known = soft_gic_sysreg(c->index, id, write, value, &eoi);
  if (eoi == 27)
    soft_gic_line(c->index, 27, false);
  pthread_mutex_unlock(&lock);
  if (eoi == 27)
    CHECK(hv_vcpu_set_vtimer_mask(c->id, false));
  return known;
}

/* Identification space reads as zero, everything else is ignored. */
static void sysreg(cpu_t *c, uint64_t esr) {
  unsigned rt = esr >> 5 & 31;
  bool write = !(esr & 1);
  uint64_t value = write && rt != 31 ? get(c, rt) : 0;
  uint32_t id = HV_SYSREG(esr >> 20 & 3, esr >> 14 & 7, esr >> 10 & 15, esr >> 1 & 15, esr >> 17 & 7);
  if (soft_gic)
    gic_sysreg(c, id, write, &value);
  if (!write && rt != 31)
    set(c, rt, value);
  skip(c);
}

/* -u: sleep until an interrupt is pending or the timer expires; at most 100 ms. */
static void idle(cpu_t *c) {
  uint64_t ctl, cval, offset, wait = 2400000;
  CHECK(hv_vcpu_get_sys_reg(c->id, HV_SYS_REG_CNTV_CTL_EL0, &ctl));
  CHECK(hv_vcpu_get_sys_reg(c->id, HV_SYS_REG_CNTV_CVAL_EL0, &cval));
  CHECK(hv_vcpu_get_vtimer_offset(c->id, &offset));
  if ((ctl & 3) == 1) {
    int64_t left = (int64_t)(cval + offset - mach_absolute_time());
    if (left < (int64_t)wait)
      wait = left > 0 ? (uint64_t)left : 0;
  }
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  uint64_t ns = (uint64_t)t.tv_nsec + wait * 125 / 3;
  t.tv_sec += (time_t)(ns / 1000000000);
  t.tv_nsec = (long)(ns % 1000000000);
  pthread_mutex_lock(&lock);
  if (wait && !soft_gic_pending(c->index))
    pthread_cond_timedwait(&c->wake, &lock, &t);
  pthread_mutex_unlock(&lock);
}

void handle_exit(cpu_t *c) {
  uint64_t esr = c->exit->exception.syndrome;
  if (c->exit->reason == HV_EXIT_REASON_CANCELED)
    return;
  if (soft_gic && c->exit->reason == HV_EXIT_REASON_VTIMER_ACTIVATED) {
    c->vtimer_exits++;
    pthread_mutex_lock(&lock);
    soft_gic_line(c->index, 27, true);
    pthread_mutex_unlock(&lock);
    return;
  }
  if (c->exit->reason != HV_EXIT_REASON_EXCEPTION) {
    fprintf(stderr, "vmm: cpu %d exit reason %u\n", c->index, c->exit->reason);
    finish(2);
  }
  c->exits[esr >> 26]++;
  switch (esr >> 26) {
  case 0x01:
    skip(c);
    if (soft_gic)
      idle(c);
    break;
  case 0x16:
    psci(c);
    break;
  case 0x17:
    set(c, 0, (uint64_t)-1), skip(c);
    break;
  case 0x18:
    sysreg(c, esr);
    break;
  case 0x24:
    data_abort(c, esr, c->exit->exception.physical_address);
    break;
  default:
    fprintf(stderr, "vmm: cpu %d esr %llx pc %llx ipa %llx\n", c->index, (long long)esr,
            (long long)get(c, HV_REG_PC), (long long)c->exit->exception.physical_address);
    finish(2);
  }
}
