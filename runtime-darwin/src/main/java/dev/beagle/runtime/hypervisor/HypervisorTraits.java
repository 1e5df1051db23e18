package dev.beagle.runtime.hypervisor;

/**
 * What a hypervisor can do on this host.
 *
 * @param name for people: "Hypervisor.framework", "KVM"
 * @param maxVcpus of one machine
 * @param granuleBytes guest addresses, sizes and host addresses of mappings are multiples of it
 * @param addressBits guest-physical addresses have at most so many bits
 */
public record HypervisorTraits(String name, int maxVcpus, long granuleBytes, int addressBits) {}
