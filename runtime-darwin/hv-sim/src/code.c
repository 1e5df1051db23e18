/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Code invalidation and TLB broadcasts.
 *
 * Translated code is dropped when the guest executes IC IVAU / IALLU(IS), as the
 * architecture demands of every guest whose CTR_EL0.DIC is 0. Unicorn's own
 * detection (write traps on code pages) is disabled: it works by virtual address
 * and misses writes through an alias, by another vCPU, and by the VMM.
 */
#include "hvsim.h"

#include <sys/mman.h>

#define MAX_CODE_PAGES 65536u

static void note_page(vcpu_t *v, uint64_t page) {
  uint8_t bit = (uint8_t)(1 << (page & 7));
  if (page >= stage2_pages() || v->code_count == MAX_CODE_PAGES) {
    v->code_unknown = true;
  } else if (!(v->code_pages[page >> 3] & bit)) {
    v->code_pages[page >> 3] |= bit;
    v->code_list[v->code_count++] = (uint32_t)page;
  }
}

/* Interposed: called once for every new block. Unicorn would set its write trap here. */
API void tlb_reset_dirty_by_vaddr_aarch64(void *cs, uint64_t va, uint64_t len) {
  vcpu_t *v = vcpu_of_cs(cs);
  if (!v || !v->code_pages)
    return;
  for (uint64_t a = va & ~(PAGE - 1); a < va + len; a += PAGE)
    note_page(v, guest_translate(v, a) >> PAGE_SHIFT_4K);
}

static void request_flush(vcpu_t *v) {
  v->flush_code = true; /* not now: the running block must stay */
  atomic_store(&v->poke, true);
}

static void invalidate_page(vcpu_t *v, uint64_t page) {
  uint8_t bit = (uint8_t)(1 << (page & 7));
  if (!(v->code_pages[page >> 3] & bit))
    return;
  v->code_pages[page >> 3] &= (uint8_t)~bit;
  void *host = stage2_host(page << PAGE_SHIFT_4K);
  uint64_t ram = host ? qemu_ram_addr_from_host_aarch64(v->uc, host) : UINT64_MAX;
  if (ram == UINT64_MAX)
    request_flush(v);
  else
    tb_invalidate_phys_range_aarch64(v->uc, ram, ram + PAGE);
}

/* Page by page: Unicorn's own full flush clears its whole code buffer, which takes long. */
static void invalidate_all(vcpu_t *v) {
  if (v->code_unknown)
    request_flush(v);
  for (unsigned i = 0; i < v->code_count; i++)
    invalidate_page(v, v->code_list[i]);
  v->code_count = 0;
  v->code_unknown = false;
}

/* Drops what was translated from there, on this vCPU. */
void code_invalidate(vcpu_t *v, uint64_t ipa, uint64_t size) {
  if (v->code_unknown) {
    invalidate_all(v);
    return;
  }
  for (unsigned i = 0; i < v->code_count; i++) {
    uint64_t page = v->code_list[i];
    if ((page << PAGE_SHIFT_4K) - ipa < size)
      invalidate_page(v, page);
  }
}

/* IC IVAU reaches all CPUs; the page is dropped although only a line was asked for. */
static void ic_ivau(void *env, const cpreg_t *r, uint64_t va) {
  (void)r;
  uint64_t page = guest_translate(vcpu_of_env(env), va) >> PAGE_SHIFT_4K;
  for_each_vcpu(v) {
    if (page < stage2_pages() && !v->code_unknown)
      invalidate_page(v, page);
    else
      invalidate_all(v);
  }
}

static void ic_all_local(void *env, const cpreg_t *r, uint64_t x) {
  (void)r, (void)x;
  invalidate_all(vcpu_of_env(env));
}

static void ic_all_shared(void *env, const cpreg_t *r, uint64_t x) {
  (void)env, (void)r, (void)x;
  code_flush_all();
}

void code_flush_all(void) {
  for_each_vcpu(v) invalidate_all(v);
}

/* ---- TLB broadcasts ---- */

static void (*local_tlbi[8])(void *, const cpreg_t *, uint64_t);

/* TLBI ...IS: precise here, everything on the other vCPUs. */
static void tlbi_shared(void *env, const cpreg_t *r, uint64_t x) {
  local_tlbi[r->opc2](env, r, x);
  for_each_vcpu(o) if (o->env != env) tlb_flush_aarch64(o->cs);
}

void code_attach(vcpu_t *v) {
  v->code_pages = sparse_alloc(stage2_pages() / 8);
  v->code_list = sparse_alloc(MAX_CODE_PAGES * sizeof *v->code_list);
  static const struct {
    uint32_t id;
    void (*fn)(void *, const cpreg_t *, uint64_t);
  } ic[] = {
      {HV_SYSREG(1, 3, 7, 5, 1), ic_ivau},
      {HV_SYSREG(1, 0, 7, 5, 0), ic_all_local},
      {HV_SYSREG(1, 0, 7, 1, 0), ic_all_shared},
  };
  for (size_t i = 0; i < sizeof ic / sizeof *ic; i++) {
    cpreg_t *r = sysreg_find(v, ic[i].id);
    r->type = CPREG_NO_RAW | CPREG_IO; /* was a no-op; now also ends the block */
    r->writefn = ic[i].fn;
  }
  for (int op2 = 0; op2 < 8; op2++) {
    cpreg_t *r = sysreg_find(v, HV_SYSREG(1, 0, 8, 3, op2));
    if (!r || !r->writefn)
      continue;
    local_tlbi[op2] = r->writefn;
    r->writefn = tlbi_shared;
  }
}

void code_detach(vcpu_t *v) {
  munmap(v->code_pages, stage2_pages() / 8);
  munmap(v->code_list, MAX_CODE_PAGES * sizeof *v->code_list);
  v->code_pages = NULL;
}
