/**
 * KVM on x86-64 Linux (Documentation/virt/kvm/api). Begin with {@link
 * dev.beagle.runtime.hypervisor.kvm.KvmHypervisor}. All declarations are in {@code KvmAbi}.
 *
 * <p>Interrupt controllers and timers are the kernel's. Turning off and restarting are ports of a
 * PC, answered by {@code PowerPorts}. A second proof of the seam: no pod runs on it yet.
 */
@NullMarked
package dev.beagle.runtime.hypervisor.kvm;

import org.jspecify.annotations.NullMarked;
