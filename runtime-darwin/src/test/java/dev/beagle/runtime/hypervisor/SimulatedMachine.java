package dev.beagle.runtime.hypervisor;

import dev.beagle.failure.Failure;
import dev.beagle.runtime.hypervisor.InterruptController.GicV3;
import java.lang.foreign.MemorySegment;
import java.util.HashSet;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Memory, interrupt controller and power states of a simulated machine. Guarded by itself; vCPUs
 * that sleep or are off wait on it, and every change that may end a wait notifies.
 */
final class SimulatedMachine implements VirtualMachine {
  private static final long SUCCESS = 0;
  private static final long NOT_SUPPORTED = -1;
  private static final long INVALID_PARAMETERS = -2;
  private static final long ALREADY_ON = -4;

  /** Host memory in the guest. */
  private record Mapping(long start, MemorySegment memory, Access access) {
    boolean holds(long address, int sizeBytes) {
      return address >= start && address - start <= memory.byteSize() - sizeBytes;
    }
  }

  /** A stretch of guest memory that one access touches. */
  record Place(MemorySegment memory, long offset) {}

  /** Where a vCPU that was turned on begins. */
  record Entry(long address, long context) {}

  private final HypervisorTraits traits;
  private final SimulatedGic gic;
  private final boolean[] on;
  private final @Nullable Entry[] entries;

  /** Replaced as a whole: vCPUs look at it without the monitor. */
  private volatile NavigableMap<Long, Mapping> mappings = new TreeMap<>();

  private final Set<Thread> owners = new HashSet<>();
  private int bound;
  private boolean closed;

  SimulatedMachine(HypervisorTraits traits, int vcpus, GicV3 layout) {
    this.traits = traits;
    gic = new SimulatedGic(this, layout, vcpus);
    on = new boolean[vcpus];
    on[0] = true;
    entries = new Entry[vcpus];
  }

  SimulatedGic gic() {
    return gic;
  }

  @Override
  public synchronized void map(long guestAddress, MemorySegment hostMemory, Access access) {
    requireOpen();
    long size = hostMemory.byteSize();
    long misaligned = (guestAddress | size | hostMemory.address()) & traits.granuleBytes() - 1;
    if (size == 0 || misaligned != 0) {
      throw Failure.invalidArgument("mapping 0x%x: not of whole pages".formatted(guestAddress));
    }
    if (guestAddress < 0 || guestAddress > (1L << traits.addressBits()) - size) {
      throw Failure.invalidArgument("mapping 0x%x: no such address".formatted(guestAddress));
    }
    Map.Entry<Long, Mapping> below = mappings.lowerEntry(guestAddress + size);
    if (below != null && below.getKey() + below.getValue().memory().byteSize() > guestAddress) {
      throw Failure.invalidArgument("mapping 0x%x overlaps another".formatted(guestAddress));
    }
    NavigableMap<Long, Mapping> changed = new TreeMap<>(mappings);
    changed.put(guestAddress, new Mapping(guestAddress, hostMemory, access));
    mappings = changed;
  }

  @Override
  public synchronized void unmap(long guestAddress, long sizeBytes) {
    requireOpen();
    Mapping mapping = mappings.get(guestAddress);
    if (mapping == null || mapping.memory().byteSize() != sizeBytes) {
      throw Failure.notFound("mapping", Long.toHexString(guestAddress));
    }
    NavigableMap<Long, Mapping> changed = new TreeMap<>(mappings);
    changed.remove(guestAddress);
    mappings = changed;
  }

  @Nullable Place readable(long address, int sizeBytes) {
    Mapping mapping = find(address, sizeBytes);
    return mapping == null ? null : new Place(mapping.memory(), address - mapping.start());
  }

  @Nullable Place writable(long address, int sizeBytes) {
    Mapping mapping = find(address, sizeBytes);
    return mapping == null || !mapping.access().writable()
        ? null
        : new Place(mapping.memory(), address - mapping.start());
  }

  @Nullable Place executable(long address) {
    Mapping mapping = find(address, Integer.BYTES);
    return mapping == null || !mapping.access().executable()
        ? null
        : new Place(mapping.memory(), address - mapping.start());
  }

  private @Nullable Mapping find(long address, int sizeBytes) {
    Map.Entry<Long, Mapping> below = mappings.floorEntry(address);
    return below != null && below.getValue().holds(address, sizeBytes) ? below.getValue() : null;
  }

  @Override
  public InterruptLine interruptLine(int number) {
    return gic.line(number);
  }

  @Override
  public synchronized Vcpu bindVcpu(int index) {
    requireOpen();
    if (index != bound || index >= on.length) {
      throw Failure.wrongState("vCPU %d: the next one is %d".formatted(index, bound));
    }
    if (Thread.currentThread().isVirtual()) {
      throw Failure.wrongState("a vCPU is bound to a platform thread, not to a virtual one");
    }
    if (!owners.add(Thread.currentThread())) {
      throw Failure.wrongState("this thread owns a vCPU already");
    }
    bound++;
    return new SimulatedVcpu(this, index);
  }

  synchronized void released() {
    owners.remove(Thread.currentThread());
  }

  synchronized void wake() {
    notifyAll();
  }

  synchronized void awaitUntil(BooleanSupplier condition) throws InterruptedException {
    while (!condition.getAsBoolean()) {
      wait();
    }
  }

  synchronized boolean isOn(int index) {
    return on[index];
  }

  /** What a vCPU that was turned on begins with, once. */
  synchronized @Nullable Entry takeEntry(int index) {
    Entry entry = entries[index];
    entries[index] = null;
    return entry;
  }

  synchronized void turnOff(int index) {
    on[index] = false;
  }

  /** PSCI's CPU_ON. */
  synchronized long turnOn(long index, Entry entry) {
    if (index < 0 || index >= on.length) {
      return INVALID_PARAMETERS;
    }
    if (on[(int) index]) {
      return ALREADY_ON;
    }
    entries[(int) index] = entry;
    on[(int) index] = true;
    notifyAll();
    return SUCCESS;
  }

  /** PSCI's AFFINITY_INFO: 0 is on, 1 off. */
  synchronized long affinityInfo(long index, long level) {
    if (level != 0) {
      return NOT_SUPPORTED;
    }
    return index < 0 || index >= on.length ? INVALID_PARAMETERS : on[(int) index] ? 0 : 1;
  }

  @Override
  public synchronized void close() {
    if (!owners.isEmpty()) {
      throw Failure.wrongState("%d vCPUs are open".formatted(owners.size()));
    }
    closed = true;
  }

  private void requireOpen() {
    if (closed) {
      throw Failure.wrongState("the machine is closed");
    }
  }
}
