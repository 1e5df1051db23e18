package dev.beagle.runtime.hypervisor.kvm;

import dev.beagle.failure.Failure;
import dev.beagle.runtime.hypervisor.Access;
import dev.beagle.runtime.hypervisor.HypervisorTraits;
import dev.beagle.runtime.hypervisor.InterruptLine;
import dev.beagle.runtime.hypervisor.Vcpu;
import dev.beagle.runtime.hypervisor.VirtualMachine;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.BitSet;
import java.util.HashSet;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;

/** A machine of KVM. Its monitor guards mappings and the order in which vCPUs are bound. */
final class KvmMachine implements VirtualMachine {
  /** Pins of KVM's I/O APIC. */
  private static final int LINES = 24;

  /** Three pages that Intel's CPUs want for themselves, where a PC's firmware would be. */
  private static final long TASK_STATE = 0xfffb_d000L;

  private record Mapping(int slot, long sizeBytes) {}

  private final int descriptor;
  private final int device;
  private final HypervisorTraits traits;
  private final Cpuid cpuid;
  private final int vcpus;
  private final NavigableMap<Long, Mapping> mappings = new TreeMap<>();
  private final BitSet slots = new BitSet();
  private final Set<Thread> owners = new HashSet<>();
  private int bound;
  private boolean closed;

  private KvmMachine(int descriptor, int device, HypervisorTraits traits, Cpuid cpuid, int vcpus) {
    this.descriptor = descriptor;
    this.device = device;
    this.traits = traits;
    this.cpuid = cpuid;
    this.vcpus = vcpus;
  }

  static KvmMachine create(int device, HypervisorTraits traits, Cpuid cpuid, int vcpus) {
    int descriptor = Kvm.ioctl(device, KvmAbi.KVM_CREATE_VM, 0, "KVM_CREATE_VM");
    try {
      Kvm.ioctl(descriptor, KvmAbi.KVM_SET_TSS_ADDR, TASK_STATE, "KVM_SET_TSS_ADDR");
      Kvm.ioctl(descriptor, KvmAbi.KVM_CREATE_IRQCHIP, 0, "KVM_CREATE_IRQCHIP");
      return new KvmMachine(descriptor, device, traits, cpuid, vcpus);
    } catch (RuntimeException failure) {
      Kvm.close(descriptor);
      throw failure;
    }
  }

  @Override
  public synchronized void map(long guestAddress, MemorySegment hostMemory, Access access) {
    requireOpen();
    long size = hostMemory.byteSize();
    long misaligned = (guestAddress | size | hostMemory.address()) & (traits.granuleBytes() - 1);
    if (size == 0 || misaligned != 0 || !hostMemory.isNative()) {
      throw Failure.invalidArgument(
          "%s: address, size and host memory (0x%x) have to be multiples of %d"
              .formatted(range(guestAddress, size), hostMemory.address(), traits.granuleBytes()));
    }
    if (guestAddress < 0 || guestAddress > (1L << traits.addressBits()) - size) {
      throw Failure.invalidArgument(
          "%s: guest addresses have %d bits"
              .formatted(range(guestAddress, size), traits.addressBits()));
    }
    Map.Entry<Long, Mapping> below = mappings.lowerEntry(guestAddress + size);
    if (below != null && below.getKey() + below.getValue().sizeBytes() > guestAddress) {
      throw Failure.invalidArgument(
          "%s overlaps %s"
              .formatted(
                  range(guestAddress, size), range(below.getKey(), below.getValue().sizeBytes())));
    }
    int slot = slots.nextClearBit(0);
    setRegion(
        slot,
        access.writable() ? 0 : KvmAbi.KVM_MEM_READONLY,
        guestAddress,
        size,
        hostMemory.address());
    slots.set(slot);
    mappings.put(guestAddress, new Mapping(slot, size));
  }

  @Override
  public synchronized void unmap(long guestAddress, long sizeBytes) {
    requireOpen();
    Mapping mapping = mappings.get(guestAddress);
    if (mapping == null || mapping.sizeBytes() != sizeBytes) {
      throw Failure.notFound("mapping", range(guestAddress, sizeBytes));
    }
    setRegion(mapping.slot(), 0, guestAddress, 0, 0);
    mappings.remove(guestAddress);
    slots.clear(mapping.slot());
  }

  private void setRegion(int slot, int flags, long guestAddress, long size, long hostAddress) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment region = arena.allocate(KvmAbi.REGION_BYTES, Long.BYTES);
      region.set(ValueLayout.JAVA_INT, KvmAbi.REGION_SLOT, slot);
      region.set(ValueLayout.JAVA_INT, KvmAbi.REGION_FLAGS, flags);
      region.set(ValueLayout.JAVA_LONG, KvmAbi.REGION_GUEST_ADDRESS, guestAddress);
      region.set(ValueLayout.JAVA_LONG, KvmAbi.REGION_SIZE, size);
      region.set(ValueLayout.JAVA_LONG, KvmAbi.REGION_HOST_ADDRESS, hostAddress);
      Kvm.ioctl(
          descriptor,
          KvmAbi.KVM_SET_USER_MEMORY_REGION,
          region.address(),
          "KVM_SET_USER_MEMORY_REGION");
    }
  }

  @Override
  public InterruptLine interruptLine(int number) {
    if (number < 0 || number >= LINES) {
      throw Failure.invalidArgument(
          "interrupt line %d: there are 0 to %d".formatted(number, LINES - 1));
    }
    return new InterruptLine() {
      @Override
      public void raise() {
        level(number, 1);
      }

      @Override
      public void lower() {
        level(number, 0);
      }
    };
  }

  private void level(int line, int level) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment argument = arena.allocate(KvmAbi.IRQ_LEVEL_BYTES, Integer.BYTES);
      argument.setAtIndex(ValueLayout.JAVA_INT, 0, line);
      argument.setAtIndex(ValueLayout.JAVA_INT, 1, level);
      synchronized (this) {
        requireOpen(); // its number may be another's by now
        Kvm.ioctl(descriptor, KvmAbi.KVM_IRQ_LINE, argument.address(), "KVM_IRQ_LINE");
      }
    }
  }

  @Override
  public synchronized Vcpu bindVcpu(int index) {
    requireOpen();
    if (index != bound || index >= vcpus) {
      throw Failure.wrongState(
          "vCPU %d of %d: the next one to bind is %d".formatted(index, vcpus, bound));
    }
    if (Thread.currentThread().isVirtual()) {
      throw Failure.wrongState("a vCPU is bound to a platform thread, not to a virtual one");
    }
    if (owners.contains(Thread.currentThread())) {
      throw Failure.wrongState("this thread owns a vCPU of the machine already");
    }
    int own = Kvm.ioctl(descriptor, KvmAbi.KVM_CREATE_VCPU, index, "KVM_CREATE_VCPU");
    try {
      int runBytes = Kvm.ioctl(device, KvmAbi.KVM_GET_VCPU_MMAP_SIZE, 0, "KVM_GET_VCPU_MMAP_SIZE");
      cpuid.apply(own, index);
      Vcpu vcpu = KvmVcpu.create(this, index, own, runBytes);
      bound++;
      owners.add(Thread.currentThread());
      return vcpu;
    } catch (RuntimeException failure) {
      Kvm.close(own);
      throw failure;
    }
  }

  /** By the thread that owned the vCPU. */
  synchronized void released() {
    owners.remove(Thread.currentThread());
  }

  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    if (!owners.isEmpty()) {
      throw Failure.wrongState(
          "%d vCPUs of the machine are open; each is closed by its own thread"
              .formatted(owners.size()));
    }
    closed = true;
    Kvm.close(descriptor);
  }

  private void requireOpen() {
    if (closed) {
      throw Failure.wrongState("the machine is closed");
    }
  }

  private static String range(long address, long size) {
    return "mapping 0x%x + 0x%x".formatted(address, size);
  }
}
