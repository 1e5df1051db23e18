/* SPDX-License-Identifier: GPL-2.0-only */
/* The registers of distributor, redistributors and MSI frame, as the guest and the API reach them. */
#include "gic.h"

/* ---- registers with one bit per interrupt ---- */

static uint32_t bitmap_reg(gic_bank_t *b, uint32_t off, bool write, uint32_t x) {
  unsigned w = (off & 0x7f) / 4;
  uint32_t old = b->pending[w] | (b->line[w] & ~b->edge[w]);
  switch (off & ~0x7fu) {
  case 0x080:
    if (write)
      b->group[w] = x;
    return b->group[w];
  case 0x100:
    if (write)
      b->enable[w] |= x;
    return b->enable[w];
  case 0x180:
    if (write)
      b->enable[w] &= ~x;
    return b->enable[w];
  case 0x200:
    if (write)
      b->pending[w] |= x;
    return old;
  case 0x280:
    if (write)
      b->pending[w] &= ~x;
    return old;
  case 0x300:
    if (write)
      b->active[w] |= x;
    return b->active[w];
  case 0x380:
    if (write)
      b->active[w] &= ~x;
    return b->active[w];
  }
  return 0;
}

static uint64_t priority_reg(gic_bank_t *b, uint32_t first, bool write, uint64_t x, unsigned size) {
  uint64_t old = 0;
  for (unsigned k = 0; k < size && first + k < GIC_INTIDS; k++) {
    if (write)
      b->priority[first + k] = (x >> (8 * k)) & 0xf8;
    old |= (uint64_t)b->priority[first + k] << (8 * k);
  }
  return old;
}

/* ICFGR: two bits per interrupt, the upper one means edge */
static uint32_t config_reg(gic_bank_t *b, uint32_t first, bool write, uint32_t x) {
  uint32_t old = 0;
  for (unsigned k = 0; k < 16; k++) {
    if (write && first >= 16)
      set_bit(b->edge, first + k, x >> (2 * k + 1) & 1);
    old |= (uint32_t)GET(b->edge, first + k) << (2 * k + 1);
  }
  return old;
}

static uint64_t bank_reg(gic_bank_t *b, uint32_t off, bool write, uint64_t x, unsigned size) {
  if (off >= 0x80 && off < 0x400)
    return bitmap_reg(b, off, write, (uint32_t)x);
  if (off >= 0x400 && off < 0x800)
    return priority_reg(b, off - 0x400, write, x, size);
  if (off >= 0xc00 && off < 0xd00)
    return config_reg(b, (off - 0xc00) * 4, write, (uint32_t)x);
  return 0;
}

/* The bank of the other kind of interrupt reads as zero. */
static bool in_private_half(uint32_t off) {
  if (off >= 0x80 && off < 0x400)
    return (off & 0x7f) < 4;
  if (off >= 0x400 && off < 0x800)
    return off < 0x420;
  return off >= 0xc00 && off < 0xc08;
}

/* ---- distributor ---- */

uint64_t gic_dist(uint32_t off, bool write, uint64_t x, unsigned size) {
  switch (off) {
  case 0x0:
    if (write)
      vm.gicd_ctlr = CTLR_ARE | CTLR_DS | (x & (CTLR_ENABLE_GRP0 | CTLR_ENABLE_GRP1));
    if (write)
      gic_recheck(NULL);
    return vm.gicd_ctlr;
  case 0x4:
    return 31 | 9 << 19; /* 1020 interrupts, 10 INTID bits, no LPIs */
  case 0x8:
    return 0x43b;
  case 0xffe8:
    return 0x3b; /* GICv3 */
  }
  if (off >= 0x6100 && off < 0x7fe0) {
    uint32_t i = (off - 0x6000) / 8, shift = (off & 4) * 8;
    uint64_t mask = size == 8 ? ~0ull : 0xffffffffull << shift;
    if (write)
      vm.route[i] = (vm.route[i] & ~mask) | (x << shift & mask);
    if (write)
      gic_recheck(NULL);
    return vm.route[i] >> shift;
  }
  if (in_private_half(off))
    return 0;
  uint64_t r = bank_reg(&vm.spi, off, write, x, size);
  if (write)
    gic_recheck(NULL);
  return r;
}

/* ---- redistributor: RD frame at 0, SGI frame at 64 KiB ---- */

static uint64_t redist_typer(vcpu_t *v) {
  uint64_t id = gic_affinity(v), aff = (id & 0xffffff) | (id >> 32 & 0xff) << 24;
  bool last = true;
  for_each_vcpu(o) if (o->index > v->index && o->mpidr_set) last = false;
  return aff << 32 | (uint64_t)v->index << 8 | (uint64_t)last << 4;
}

uint64_t gic_redist(vcpu_t *v, uint32_t off, bool write, uint64_t x, unsigned size) {
  switch (off) {
  case 0x4:
    return 0x43b;
  case 0x8:
    return size == 8 ? redist_typer(v) : (uint32_t)redist_typer(v);
  case 0xc:
    return redist_typer(v) >> 32;
  case 0xffe8:
    return 0x3b;
  }
  /* CTLR and WAKER are absent: no LPIs, and the interface is always awake */
  if (off < 0x10000 || !in_private_half(off - 0x10000))
    return 0;
  uint64_t r = bank_reg(&v->ppi, off - 0x10000, write, x, size);
  if (write)
    gic_recheck(v);
  return r;
}

/* ---- MSI frame ---- */

uint64_t gic_msi(uint32_t off, bool write, uint64_t x) {
  if (off == 0x8)
    return vm.msi_first << 16 | vm.msi_count;
  if (off == MSI_DOORBELL && write && x - vm.msi_first < vm.msi_count) {
    set_bit(vm.spi.pending, (uint32_t)x, true);
    gic_recheck(NULL);
  }
  return 0;
}

/* ---- guest MMIO ---- */

static vcpu_t *redist_at(uint64_t ipa) {
  for_each_vcpu(v) if (v->mpidr_set && ipa - vm.gicr_base - v->index * REDIST_SIZE < REDIST_SIZE) return v;
  return NULL;
}

/* A redistributor answers only once its vCPU's MPIDR is set; until then it is an exit. */
bool gic_owns(uint64_t ipa) {
  return vm.gic &&
         (ipa - vm.gicd_base < DIST_SIZE || redist_at(ipa) || (vm.msi && ipa - vm.msi_base < MSI_SIZE));
}

bool gic_mmio(vcpu_t *v, uint64_t ipa, unsigned size, bool write, uint64_t *value) {
  vcpu_t *r = redist_at(ipa);
  uint64_t x = *value;
  if (size < 8)
    x &= (1ull << (8 * size)) - 1;
  gic_lock();
  if (ipa - vm.gicd_base < DIST_SIZE)
    x = gic_dist((uint32_t)(ipa - vm.gicd_base), write, x, size);
  else if (r)
    x = gic_redist(r, (uint32_t)(ipa - vm.gicr_base) & (REDIST_SIZE - 1), write, x, size);
  else
    x = gic_msi((uint32_t)(ipa - vm.msi_base), write, x);
  gic_unlock();
  if (!write)
    *value = size < 8 ? x & ((1ull << (8 * size)) - 1) : x;
  if (trace_level > 1)
    trace("vcpu %u gic %s %llx %llx", v->index, write ? "write" : "read", (unsigned long long)ipa,
          (unsigned long long)(write ? x : *value));
  return true;
}
