/**
 * From a description to a running arm64 machine: RAM, bus, devices, kernel, device tree, threads of
 * vCPUs. Begin with {@link dev.beagle.runtime.machine.Machine}.
 *
 * <p>Linux is entered as its Documentation/arch/arm64/booting asks. Which hypervisor runs it does
 * not show here.
 */
@NullMarked
package dev.beagle.runtime.machine;

import org.jspecify.annotations.NullMarked;
