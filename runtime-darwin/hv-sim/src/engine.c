/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The life of an engine. Every vCPU is its own Unicorn engine over the same host
 * memory. The machine lock is held throughout.
 */
#include "hvsim.h"

#include <stdio.h>

#define CODE_BUFFER_SIZE (128u << 20)

vm_t vm;

vcpu_t *vcpu_of_cs(void *cs) {
  for (vcpu_t *v = vm.vcpu; v < vm.vcpu + MAX_VCPUS; v++)
    if (v->cs == cs)
      return v;
  return NULL;
}

vcpu_t *vcpu_of_env(void *env) {
  for (vcpu_t *v = vm.vcpu; v < vm.vcpu + MAX_VCPUS; v++)
    if (v->env == env)
      return v;
  return NULL;
}

static void enter_el1(vcpu_t *v) {
  static const struct {
    uint32_t id;
    uint64_t value;
  } fixed[] = {
      {HV_SYSREG(3, 6, 1, 1, 0), SCR_EL3_NS | SCR_EL3_RW | SCR_EL3_HCE}, /* SCR_EL3 */
      {HV_SYSREG(3, 4, 1, 1, 0), HCR_EL2_RW},                            /* HCR_EL2 */
      {HV_SYSREG(3, 4, 1, 1, 2), 0},                                     /* CPTR_EL2 */
      {HV_SYSREG(3, 6, 1, 1, 2), 0},                                     /* CPTR_EL3 */
      {HV_SYSREG(3, 4, 1, 1, 1), 0},                                     /* MDCR_EL2 */
      {HV_SYSREG(3, 6, 1, 3, 1), 0},                                     /* MDCR_EL3 */
      {HV_SYSREG(3, 4, 14, 1, 0), 3},                                    /* CNTHCTL_EL2 */
      {HV_SYSREG(3, 3, 14, 0, 0), COUNTER_HZ},                           /* CNTFRQ_EL0 */
      {HV_SYSREG(3, 4, 0, 0, 0), 0x410fd083},                            /* VPIDR_EL2 */
      {HV_SYSREG(3, 4, 0, 0, 5), 0x80000000},                            /* VMPIDR_EL2 */
  };
  for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++) {
    cpreg_t *r = sysreg_find(v, fixed[i].id);
    if (r)
      FIELD(uint64_t, v->env, r->fieldoffset) = fixed[i].value;
  }
  uint32_t pstate = 0x3c5;
  uc_reg_write(v->uc, UC_ARM64_REG_PSTATE, &pstate);
  arm_rebuild_hflags_aarch64(v->env);
}

static hv_return_t open_engine(vcpu_t *v) {
  uint64_t ignored;
  if (uc_open(UC_ARCH_ARM64, UC_MODE_ARM, &v->uc))
    return HV_NO_RESOURCES;
  uc_ctl(v->uc, UC_CTL_SET_CPU_MODEL, UC_CPU_ARM64_A72);
  uc_ctl(v->uc, UC_CTL_SET_USE_EXITS, 1);
  /* default 1 GiB, and every full flush clears it: seconds of time and 1 GiB resident */
  uc_ctl(v->uc, UC_CTL_SET_TCG_BUFFER, CODE_BUFFER_SIZE);
  uc_reg_read(v->uc, UC_ARM64_REG_PSTATE, &ignored); /* forces initialisation */
  v->cs = FIELD(void *, v->uc, unicorn->uc_cpu);
  v->env = FIELD(void *, v->cs, OFF_CS_ENV);
  return HV_SUCCESS;
}

hv_return_t engine_create(vcpu_t *v) {
  hv_return_t r = open_engine(v);
  if (r)
    return r;
  const char *mismatch = probe_engine(v);
  if (mismatch) {
    fprintf(stderr, "hvsim: refusing libunicorn, taken for %s: %s; get-unicorn.sh fetches one that fits\n",
            unicorn->name, mismatch);
    uc_close(v->uc);
    v->cs = v->env = NULL;
    return HV_UNSUPPORTED;
  }
  /* Unicorn can test for a stop after every access, and then repeats the access. */
  FIELD(bool, v->uc, unicorn->uc_no_exit_request) = true;
  enter_el1(v);
  sysreg_attach(v);
  timer_attach(v);
  code_attach(v);
  stage2_attach(v);
  gic_reset_cpu(v);
  exec_attach(v);
  return HV_SUCCESS;
}

void engine_destroy(vcpu_t *v) {
  timer_detach(v);
  code_detach(v);
  pthread_mutex_lock(&v->sleep_lock);
  v->cs = v->env = NULL;
  pthread_mutex_unlock(&v->sleep_lock);
  uc_close(v->uc);
  v->uc = NULL;
}
