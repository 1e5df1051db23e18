package dev.beagle.runtime.hypervisor;

/**
 * What is fixed for the life of a machine.
 *
 * @param vcpus at least 1
 */
public record MachineShape(int vcpus, InterruptController interrupts) {}
