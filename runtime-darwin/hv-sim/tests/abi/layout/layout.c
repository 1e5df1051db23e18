/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Prints what a binding of another language has to agree with: "NAME NUMBER" a
 * line, sizes, offsets and constants of include/hv.h.
 */
#include "hv.h"

#include <stdio.h>

#define NUMBER(name, value) printf("%s %lld\n", name, (long long)(value))
#define SIZE(type) NUMBER("sizeof " #type, sizeof(type))
#define OFFSET(type, field) NUMBER("offsetof " #type "." #field, offsetof(type, field))
#define VALUE(name) NUMBER(#name, name)

static void types(void) {
  SIZE(hv_return_t);
  SIZE(hv_vcpu_t);
  SIZE(hv_ipa_t);
  SIZE(hv_memory_flags_t);
  SIZE(hv_exit_reason_t);
  SIZE(hv_reg_t);
  SIZE(hv_sys_reg_t);
  SIZE(hv_gic_redistributor_reg_t);
  SIZE(hv_gic_icc_reg_t);
  SIZE(hv_vcpu_exit_t);
  SIZE(hv_vcpu_exit_exception_t);
  SIZE(bool);
  SIZE(size_t);
  OFFSET(hv_vcpu_exit_t, reason);
  OFFSET(hv_vcpu_exit_t, exception.syndrome);
  OFFSET(hv_vcpu_exit_t, exception.virtual_address);
  OFFSET(hv_vcpu_exit_t, exception.physical_address);
}

static void values(void) {
  VALUE(HV_SUCCESS);
  VALUE(HV_ERROR);
  VALUE(HV_BUSY);
  VALUE(HV_BAD_ARGUMENT);
  VALUE(HV_ILLEGAL_GUEST_STATE);
  VALUE(HV_NO_RESOURCES);
  VALUE(HV_NO_DEVICE);
  VALUE(HV_DENIED);
  VALUE(HV_UNSUPPORTED);
  VALUE(HV_SYS_REG_MPIDR_EL1);
  VALUE(HV_SYS_REG_ID_AA64PFR0_EL1);
  VALUE(HV_SYS_REG_ID_AA64DFR0_EL1);
  VALUE(HV_SYS_REG_ID_AA64MMFR0_EL1);
  VALUE(HV_SYS_REG_SCTLR_EL1);
  VALUE(HV_SYS_REG_SP_EL0);
  VALUE(HV_SYS_REG_SP_EL1);
  VALUE(HV_SYS_REG_ELR_EL1);
  VALUE(HV_SYS_REG_ESR_EL1);
  VALUE(HV_SYS_REG_FAR_EL1);
  VALUE(HV_SYS_REG_VBAR_EL1);
  VALUE(HV_SYS_REG_TPIDR_EL1);
  VALUE(HV_SYS_REG_CNTKCTL_EL1);
  VALUE(HV_SYS_REG_CNTP_TVAL_EL0);
  VALUE(HV_SYS_REG_CNTP_CTL_EL0);
  VALUE(HV_SYS_REG_CNTP_CVAL_EL0);
  VALUE(HV_SYS_REG_CNTV_CTL_EL0);
  VALUE(HV_SYS_REG_CNTV_CVAL_EL0);
  VALUE(HV_MEMORY_READ);
  VALUE(HV_MEMORY_WRITE);
  VALUE(HV_MEMORY_EXEC);
  VALUE(HV_EXIT_REASON_CANCELED);
  VALUE(HV_EXIT_REASON_EXCEPTION);
  VALUE(HV_EXIT_REASON_VTIMER_ACTIVATED);
  VALUE(HV_EXIT_REASON_UNKNOWN);
  VALUE(HV_INTERRUPT_TYPE_IRQ);
  VALUE(HV_INTERRUPT_TYPE_FIQ);
  VALUE(HV_REG_X0);
  VALUE(HV_REG_FP);
  VALUE(HV_REG_LR);
  VALUE(HV_REG_PC);
  VALUE(HV_REG_FPCR);
  VALUE(HV_REG_FPSR);
  VALUE(HV_REG_CPSR);
  VALUE(HV_IPA_GRANULE_4KB);
  VALUE(HV_IPA_GRANULE_16KB);
  VALUE(HV_FEATURE_REG_ID_AA64DFR0_EL1);
  VALUE(HV_FEATURE_REG_ID_AA64DFR1_EL1);
  VALUE(HV_FEATURE_REG_ID_AA64ISAR0_EL1);
  VALUE(HV_FEATURE_REG_ID_AA64ISAR1_EL1);
  VALUE(HV_FEATURE_REG_ID_AA64MMFR0_EL1);
  VALUE(HV_FEATURE_REG_ID_AA64MMFR1_EL1);
  VALUE(HV_FEATURE_REG_ID_AA64MMFR2_EL1);
  VALUE(HV_FEATURE_REG_ID_AA64PFR0_EL1);
  VALUE(HV_FEATURE_REG_ID_AA64PFR1_EL1);
  VALUE(HV_FEATURE_REG_CTR_EL0);
  VALUE(HV_FEATURE_REG_CLIDR_EL1);
  VALUE(HV_FEATURE_REG_DCZID_EL0);
  VALUE(HV_GIC_INT_PERFORMANCE_MONITOR);
  VALUE(HV_GIC_INT_MAINTENANCE);
  VALUE(HV_GIC_INT_EL2_PHYSICAL_TIMER);
  VALUE(HV_GIC_INT_EL1_VIRTUAL_TIMER);
  VALUE(HV_GIC_INT_EL1_PHYSICAL_TIMER);
}

int main(void) {
  types();
  values();
  return 0;
}
