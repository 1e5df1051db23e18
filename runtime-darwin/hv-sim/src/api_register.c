/* SPDX-License-Identifier: GPL-2.0-only */
/* Registers through the API, and the general ones. */
#include "hvsim.h"

uint64_t get_gpr(vcpu_t *v, unsigned n) {
  return n == 31 ? 0 : ENV_X(v)[n];
}

void set_gpr(vcpu_t *v, unsigned n, uint64_t value) {
  if (n != 31)
    ENV_X(v)[n] = value;
}

static unsigned sp_bank(vcpu_t *v) {
  return ENV_PSTATE(v) & 1 ? CURRENT_EL(v) : 0;
}

/* The current SP lives in xregs[31]; the bank only holds the others. */
uint64_t *sp_slot(vcpu_t *v, unsigned el) {
  return sp_bank(v) == el ? &ENV_X(v)[31] : &FIELD(uint64_t, v->env, OFF_ENV_SP_EL + 8 * el);
}

void set_pstate(vcpu_t *v, uint32_t value) {
  uint64_t sp = ENV_X(v)[31];
  FIELD(uint64_t, v->env, OFF_ENV_SP_EL + 8 * sp_bank(v)) = sp;
  uc_reg_write(v->uc, UC_ARM64_REG_PSTATE, &value);
  ENV_X(v)[31] = FIELD(uint64_t, v->env, OFF_ENV_SP_EL + 8 * sp_bank(v));
  arm_rebuild_hflags_aarch64(v->env);
}

API hv_return_t hv_vcpu_get_reg(hv_vcpu_t id, hv_reg_t reg, uint64_t *value) {
  vcpu_t *v = vcpu_owned(id);
  uint32_t x = 0;
  if (!v || !value)
    RESULT2(HV_BAD_ARGUMENT);
  if (reg <= HV_REG_LR)
    *value = ENV_X(v)[reg];
  else if (reg == HV_REG_PC)
    *value = ENV_PC(v);
  else if (reg <= HV_REG_CPSR) {
    uc_reg_read(v->uc,
                reg == HV_REG_CPSR   ? UC_ARM64_REG_PSTATE
                : reg == HV_REG_FPCR ? UC_ARM64_REG_FPCR
                                     : UC_ARM64_REG_FPSR,
                &x);
    *value = x;
  } else
    RESULT2(HV_BAD_ARGUMENT);
  RESULT2(HV_SUCCESS);
}

API hv_return_t hv_vcpu_set_reg(hv_vcpu_t id, hv_reg_t reg, uint64_t value) {
  vcpu_t *v = vcpu_owned(id);
  uint32_t x = (uint32_t)value;
  if (!v)
    RESULT2(HV_BAD_ARGUMENT);
  if (reg <= HV_REG_LR)
    ENV_X(v)[reg] = value;
  else if (reg == HV_REG_PC)
    ENV_PC(v) = value;
  else if (reg == HV_REG_CPSR)
    set_pstate(v, x);
  else if (reg == HV_REG_FPCR)
    uc_reg_write(v->uc, UC_ARM64_REG_FPCR, &x);
  else if (reg == HV_REG_FPSR)
    uc_reg_write(v->uc, UC_ARM64_REG_FPSR, &x);
  else
    RESULT2(HV_BAD_ARGUMENT);
  RESULT2(HV_SUCCESS);
}

API hv_return_t hv_vcpu_get_simd_fp_reg(hv_vcpu_t id, hv_simd_fp_reg_t reg, hv_simd_fp_uchar16_t *value) {
  vcpu_t *v = vcpu_owned(id);
  if (!v || !value || reg > 31)
    RESULT2(HV_BAD_ARGUMENT);
  uc_reg_read(v->uc, UC_ARM64_REG_Q0 + (int)reg, value);
  RESULT2(HV_SUCCESS);
}

API hv_return_t hv_vcpu_set_simd_fp_reg(hv_vcpu_t id, hv_simd_fp_reg_t reg, hv_simd_fp_uchar16_t value) {
  vcpu_t *v = vcpu_owned(id);
  if (!v || reg > 31)
    RESULT2(HV_BAD_ARGUMENT);
  uc_reg_write(v->uc, UC_ARM64_REG_Q0 + (int)reg, &value);
  RESULT2(HV_SUCCESS);
}

API hv_return_t hv_vcpu_get_sys_reg(hv_vcpu_t id, hv_sys_reg_t reg, uint64_t *value) {
  vcpu_t *v = vcpu_owned(id);
  if (!v || !value)
    RESULT2(HV_BAD_ARGUMENT);
  RESULT2(sysreg_access(v, reg, false, value));
}

API hv_return_t hv_vcpu_set_sys_reg(hv_vcpu_t id, hv_sys_reg_t reg, uint64_t value) {
  vcpu_t *v = vcpu_owned(id);
  if (!v)
    RESULT2(HV_BAD_ARGUMENT);
  machine_lock(v);
  hv_return_t r = sysreg_access(v, reg, true, &value);
  machine_unlock();
  RESULT2(r);
}
