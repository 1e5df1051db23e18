/* SPDX-License-Identifier: GPL-2.0-only */
/* hv_gic_*: registers and saved state. */
#include "gic.h"

#include <stdlib.h>
#include <string.h>

#define STATE_MAGIC 0x31534748u

API hv_return_t hv_gic_get_redistributor_base(hv_vcpu_t id, hv_ipa_t *base) {
  vcpu_t *v = vcpu_owned(id);
  if (!v || !base)
    RESULT(HV_BAD_ARGUMENT);
  if (!vm.gic)
    RESULT(HV_NO_DEVICE);
  if (!v->mpidr_set)
    RESULT(HV_BAD_ARGUMENT);
  *base = vm.gicr_base + v->index * REDIST_SIZE;
  RESULT(HV_SUCCESS);
}

static bool dist_reg_known(uint32_t r) {
  return r == 0 || r == 4 || r == 0xffe8 || (r >= 0x80 && r < 0x800 && !(r & 3)) ||
         (r >= 0xc00 && r < 0xd00 && !(r & 3)) || (r >= 0x6100 && r <= 0x7fd8 && !(r & 7));
}

static hv_return_t dist_access(uint32_t r, bool write, uint64_t *value) {
  if (!vm.exists || !vm.gic)
    return HV_NO_DEVICE;
  if (!value || !dist_reg_known(r))
    return HV_BAD_ARGUMENT;
  if (write && (r == 4 || r == 0xffe8))
    return HV_DENIED;
  gic_lock();
  uint64_t x = gic_dist(r, write, *value, r >= 0x6000 && r < 0x8000 ? 8 : 4);
  gic_unlock();
  if (!write)
    *value = x;
  return HV_SUCCESS;
}

API hv_return_t hv_gic_get_distributor_reg(hv_gic_distributor_reg_t r, uint64_t *value) {
  RESULT2(dist_access(r, false, value));
}

API hv_return_t hv_gic_set_distributor_reg(hv_gic_distributor_reg_t r, uint64_t value) {
  RESULT2(dist_access(r, true, &value));
}

static bool redist_reg_known(uint32_t r) {
  static const uint32_t ids[] = {8,       0xffe8,  0x10080, 0x10100, 0x10180, 0x10200,
                                 0x10280, 0x10300, 0x10380, 0x10c00, 0x10c04};
  for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
    if (ids[i] == r)
      return true;
  return r >= 0x10400 && r <= 0x1041c && !(r & 3);
}

static hv_return_t redist_access(hv_vcpu_t id, uint32_t r, bool write, uint64_t *value) {
  vcpu_t *v = vcpu_owned(id);
  if (!v || !value || !redist_reg_known(r))
    return HV_BAD_ARGUMENT;
  if (!vm.gic)
    return HV_NO_DEVICE;
  if (write && (r == 8 || r == 0xffe8))
    return HV_DENIED;
  gic_lock();
  uint64_t x = gic_redist(v, r, write, *value, r == 8 ? 8 : 4);
  gic_unlock();
  if (!write)
    *value = x;
  return HV_SUCCESS;
}

API hv_return_t hv_gic_get_redistributor_reg(hv_vcpu_t id, hv_gic_redistributor_reg_t r, uint64_t *value) {
  RESULT2(redist_access(id, r, false, value));
}

API hv_return_t hv_gic_set_redistributor_reg(hv_vcpu_t id, hv_gic_redistributor_reg_t r, uint64_t value) {
  RESULT2(redist_access(id, r, true, &value));
}

static hv_return_t icc_access(hv_vcpu_t id, uint32_t r, bool write, uint64_t *value) {
  vcpu_t *v = vcpu_owned(id);
  if (!v || !value)
    return HV_BAD_ARGUMENT;
  if (!vm.gic)
    return HV_NO_DEVICE;
  if (r == 0xe64d)
    return HV_UNSUPPORTED; /* SRE_EL2 */
  if (write && r == 0xc65b)
    return HV_DENIED;
  gic_lock();
  bool known = gic_icc_state(v, r, write, value);
  gic_unlock();
  atomic_store(&v->poke, true);
  return known ? HV_SUCCESS : HV_BAD_ARGUMENT;
}

API hv_return_t hv_gic_get_icc_reg(hv_vcpu_t id, hv_gic_icc_reg_t r, uint64_t *value) {
  RESULT2(icc_access(id, r, false, value));
}

API hv_return_t hv_gic_set_icc_reg(hv_vcpu_t id, hv_gic_icc_reg_t r, uint64_t value) {
  RESULT2(icc_access(id, r, true, &value));
}

/* Hypervisor-side and virtual interface registers exist only in VMs with EL2. */
static hv_return_t el2_only(hv_vcpu_t id) {
  return vcpu_owned(id) ? HV_UNSUPPORTED : HV_BAD_ARGUMENT;
}

API hv_return_t hv_gic_get_ich_reg(hv_vcpu_t id, hv_gic_ich_reg_t r, uint64_t *value) {
  (void)r, (void)value;
  RESULT2(el2_only(id));
}

API hv_return_t hv_gic_set_ich_reg(hv_vcpu_t id, hv_gic_ich_reg_t r, uint64_t value) {
  (void)r, (void)value;
  RESULT2(el2_only(id));
}

API hv_return_t hv_gic_get_icv_reg(hv_vcpu_t id, hv_gic_icv_reg_t r, uint64_t *value) {
  (void)r, (void)value;
  RESULT2(el2_only(id));
}

API hv_return_t hv_gic_set_icv_reg(hv_vcpu_t id, hv_gic_icv_reg_t r, uint64_t value) {
  (void)r, (void)value;
  RESULT2(el2_only(id));
}

static hv_return_t msi_access(uint32_t r, bool write, uint64_t *value) {
  if (!vm.exists || !vm.gic)
    return HV_NO_DEVICE;
  if (!vm.msi)
    return HV_UNSUPPORTED;
  if (!value || (r != 0x8 && r != 0x40))
    return HV_BAD_ARGUMENT;
  if (write && r == 0x8)
    return HV_DENIED;
  gic_lock();
  uint64_t x = gic_msi(r, write, *value);
  gic_unlock();
  if (!write)
    *value = x;
  return HV_SUCCESS;
}

API hv_return_t hv_gic_get_msi_reg(hv_gic_msi_reg_t r, uint64_t *value) {
  RESULT2(msi_access(r, false, value));
}

API hv_return_t hv_gic_set_msi_reg(hv_gic_msi_reg_t r, uint64_t value) {
  RESULT2(msi_access(r, true, &value));
}

/* ---- state: distributor and redistributors; ICC registers are the caller's business ---- */

typedef struct {
  uint32_t magic, ctlr;
  gic_bank_t spi, ppi[MAX_VCPUS];
  uint64_t route[GIC_INTIDS];
} state_t;

API hv_gic_state_t hv_gic_state_create(void) {
  state_t *s = vm.exists && vm.gic ? calloc(1, sizeof *s) : NULL;
  if (!s)
    return NULL;
  gic_lock();
  s->magic = STATE_MAGIC;
  s->ctlr = vm.gicd_ctlr;
  s->spi = vm.spi;
  memcpy(s->route, vm.route, sizeof s->route);
  for_each_vcpu(v) s->ppi[v->index] = v->ppi;
  gic_unlock();
  return s;
}

static state_t *state_of(const void *p) {
  state_t *s = (state_t *)p;
  return s && s->magic == STATE_MAGIC ? s : NULL;
}

API hv_return_t hv_gic_state_get_size(hv_gic_state_t state, size_t *size) {
  if (!state_of(state) || !size)
    RESULT(HV_BAD_ARGUMENT);
  *size = sizeof(state_t);
  RESULT(HV_SUCCESS);
}

API hv_return_t hv_gic_state_get_data(hv_gic_state_t state, void *data) {
  if (!state_of(state) || !data)
    RESULT(HV_BAD_ARGUMENT);
  memcpy(data, state, sizeof(state_t));
  RESULT(HV_SUCCESS);
}

API hv_return_t hv_gic_set_state(const void *data, size_t size) {
  if (!vm.exists || !vm.gic)
    RESULT(HV_NO_DEVICE);
  if (!data || size != sizeof(state_t) || !state_of(data))
    RESULT(HV_BAD_ARGUMENT);
  const state_t *s = data;
  gic_lock();
  vm.gicd_ctlr = s->ctlr;
  vm.spi = s->spi;
  memcpy(vm.route, s->route, sizeof vm.route);
  for_each_vcpu(v) {
    v->ppi = s->ppi[v->index];
    vcpu_poke(v);
  }
  gic_unlock();
  RESULT(HV_SUCCESS);
}

API hv_return_t hv_gic_reset(void) {
  if (!vm.exists || !vm.gic)
    RESULT(HV_NO_DEVICE);
  gic_lock();
  gic_reset();
  for_each_vcpu(v) gic_reset_cpu(v);
  gic_unlock();
  RESULT(HV_SUCCESS);
}
