/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of the GIC model share. Callers hold vm.gic_lock. */
#ifndef GIC_H
#define GIC_H

#include "hvsim.h"

#define DIST_SIZE 0x10000ull
#define REDIST_SIZE 0x20000ull
#define MSI_SIZE 0x10000ull
#define MSI_DOORBELL 0x40

#define CTLR_ENABLE_GRP0 1u
#define CTLR_ENABLE_GRP1 2u
#define CTLR_ARE 0x10u
#define CTLR_DS 0x40u

#define GET(a, i) ((a)[(i) >> 5] >> ((i)&31) & 1)

static inline void set_bit(uint32_t *a, uint32_t i, bool on) {
  uint32_t bit = 1u << (i & 31);
  a[i >> 5] = on ? a[i >> 5] | bit : a[i >> 5] & ~bit;
}

/* gic.c */
uint64_t gic_affinity(vcpu_t *v);
void gic_recheck(vcpu_t *target); /* NULL: any vCPU may have an interrupt to take */
void gic_reset(void);
void gic_input(uint32_t intid, bool level);
bool gic_icc_state(vcpu_t *v, uint32_t id, bool write, uint64_t *value);

/* gic_mmio.c */
uint64_t gic_dist(uint32_t off, bool write, uint64_t value, unsigned size);
uint64_t gic_redist(vcpu_t *v, uint32_t off, bool write, uint64_t value, unsigned size);
uint64_t gic_msi(uint32_t off, bool write, uint64_t value);

#endif
