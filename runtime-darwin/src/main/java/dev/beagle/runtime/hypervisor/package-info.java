/**
 * The seam to what runs guest code: Hypervisor.framework on a Mac, KVM on Linux. Begin with {@link
 * dev.beagle.runtime.hypervisor.Hypervisor}; {@code HypervisorContract} in the tests is its
 * specification.
 *
 * <p>Guest RAM, device accesses, interrupt lines and the reasons for which a vCPU stops are all
 * that shows. The interrupt controller, timers, power states (PSCI) and the decoding of trapped
 * instructions belong to the implementation, in the kernel or in Java.
 */
@NullMarked
package dev.beagle.runtime.hypervisor;

import org.jspecify.annotations.NullMarked;
