/**
 * Apple's Hypervisor.framework on arm64, macOS 15 or later: the framework's GICv3, and in Java what
 * it leaves to its caller: device accesses out of syndromes, PSCI, the policy for trapped system
 * registers. All native declarations are in {@code HvfAbi}; read {@code HvfVcpu} first.
 *
 * <p>The framework allows one machine a process, and a vCPU only on the thread that made it.
 */
@NullMarked
package dev.beagle.runtime.hypervisor.hvf;

import org.jspecify.annotations.NullMarked;
