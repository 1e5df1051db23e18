package dev.beagle.runtime.hypervisor;

/** The interrupt controller of a machine, which the hypervisor provides. */
public sealed interface InterruptController {
  /**
   * Arm's GICv3, without LPIs.
   *
   * @param distributor guest-physical address of 64 KiB
   * @param redistributors guest-physical address of 128 KiB a vCPU, in the order of the vCPUs
   */
  record GicV3(long distributor, long redistributors) implements InterruptController {
    public static final long DISTRIBUTOR_BYTES = 0x1_0000;
    public static final long REDISTRIBUTOR_BYTES = 0x2_0000;

    /** Interrupt line n is the shared peripheral interrupt n, which has the INTID 32 + n. */
    public static final int FIRST_SHARED_INTID = 32;
  }

  /**
   * A PC's local APICs and its I/O APIC at their usual addresses. Interrupt line n is the I/O
   * APIC's pin n.
   */
  record IoApic() implements InterruptController {}
}
