package dev.beagle.runtime.hypervisor;

import dev.beagle.failure.Failure;
import java.lang.foreign.MemorySegment;

/**
 * One machine. Mappings and interrupt lines may be used by any thread while vCPUs run. Closing it
 * needs all vCPUs closed; host memory has to outlive its mapping.
 */
public interface VirtualMachine extends AutoCloseable {
  /**
   * Lets the guest see host memory. Accesses outside of all mappings, and those that {@code access}
   * does not allow but for fetches, go to the {@link DeviceBus}.
   *
   * @param hostMemory native, page-aligned memory of its own (no heap, no malloc)
   * @throws Failure INVALID_ARGUMENT when address, size or memory are not multiples of the granule,
   *     do not fit, or overlap another mapping
   */
  void map(long guestAddress, MemorySegment hostMemory, Access access);

  /**
   * Takes exactly one mapping back.
   *
   * @throws Failure NOT_FOUND when there is no mapping of that address and size
   */
  void unmap(long guestAddress, long sizeBytes);

  /**
   * A line into the machine's interrupt controller.
   *
   * @param number counted from 0
   * @throws Failure INVALID_ARGUMENT when the controller has no such line
   */
  InterruptLine interruptLine(int number);

  /**
   * Creates a vCPU owned by the calling thread, a platform thread: the only one that may run it.
   * Vcpus are bound in the order of their indices.
   *
   * @throws Failure WRONG_STATE when it is not this one's turn, or the thread owns one already
   */
  Vcpu bindVcpu(int index);

  /**
   * @throws Failure WRONG_STATE while a vCPU is open
   */
  @Override
  void close();
}
