package dev.beagle.runtime.hypervisor.hvf;

import dev.beagle.failure.Failure;
import dev.beagle.runtime.hypervisor.Access;
import dev.beagle.runtime.hypervisor.HypervisorTraits;
import dev.beagle.runtime.hypervisor.InterruptController.GicV3;
import dev.beagle.runtime.hypervisor.InterruptLine;
import dev.beagle.runtime.hypervisor.Vcpu;
import dev.beagle.runtime.hypervisor.VirtualMachine;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * The machine of this process. Its monitor guards mappings and the order in which vCPUs are bound.
 * Every mapping is kept here and unmapped exactly as it was made: macOS ends a process that unmaps
 * what is not mapped.
 */
final class HvfMachine implements VirtualMachine {
  private record Mapping(MemorySegment memory, Access access) {}

  private final HypervisorTraits traits;
  private final PowerStates power;
  private final Psci psci;
  private final int firstIntid;
  private final int intids;
  private final NavigableMap<Long, Mapping> mappings = new TreeMap<>();
  private int bound;
  private int open;
  private boolean closed;

  private HvfMachine(HypervisorTraits traits, int vcpus, int firstIntid, int intids) {
    this.traits = traits;
    this.firstIntid = firstIntid;
    this.intids = intids;
    power = new PowerStates(vcpus);
    psci = new Psci(power, this::isExecutable);
  }

  static HvfMachine create(HypervisorTraits traits, int vcpus, GicV3 gic) {
    HvfResult.require(HvfAbi.hv_vm_create(0), "hv_vm_create");
    try (Arena arena = Arena.ofConfined()) {
      createGic(gic);
      MemorySegment range = arena.allocate(ValueLayout.JAVA_INT, 2);
      HvfResult.require(
          HvfAbi.Gic.hv_gic_get_spi_interrupt_range(
              range.address(), range.address() + Integer.BYTES),
          "hv_gic_get_spi_interrupt_range");
      return new HvfMachine(
          traits,
          vcpus,
          range.getAtIndex(ValueLayout.JAVA_INT, 0),
          range.getAtIndex(ValueLayout.JAVA_INT, 1));
    } catch (RuntimeException failure) {
      HvfAbi.hv_vm_destroy();
      throw failure;
    }
  }

  /** Before the first vCPU, or the framework refuses it. */
  private static void createGic(GicV3 gic) {
    long config = HvfAbi.Gic.hv_gic_config_create();
    try {
      HvfResult.require(
          HvfAbi.Gic.hv_gic_config_set_distributor_base(config, gic.distributor()),
          "hv_gic_config_set_distributor_base");
      HvfResult.require(
          HvfAbi.Gic.hv_gic_config_set_redistributor_base(config, gic.redistributors()),
          "hv_gic_config_set_redistributor_base");
      HvfResult.require(HvfAbi.Gic.hv_gic_create(config), "hv_gic_create");
    } finally {
      HvfAbi.os_release(config);
    }
  }

  @Override
  public synchronized void map(long guestAddress, MemorySegment hostMemory, Access access) {
    requireOpen();
    long size = hostMemory.byteSize();
    long limit = 1L << traits.addressBits();
    long misaligned = (guestAddress | size | hostMemory.address()) & traits.granuleBytes() - 1;
    if (size == 0 || misaligned != 0 || !hostMemory.isNative()) {
      throw Failure.invalidArgument(
          "%s: address, size and host memory (0x%x) have to be multiples of %d"
              .formatted(range(guestAddress, size), hostMemory.address(), traits.granuleBytes()));
    }
    if (guestAddress < 0 || guestAddress > limit - size) {
      throw Failure.invalidArgument(
          "%s: guest addresses have %d bits"
              .formatted(range(guestAddress, size), traits.addressBits()));
    }
    Map.Entry<Long, Mapping> below = mappings.lowerEntry(guestAddress + size);
    if (below != null && below.getKey() + below.getValue().memory().byteSize() > guestAddress) {
      throw Failure.invalidArgument(
          "%s overlaps %s"
              .formatted(
                  range(guestAddress, size),
                  range(below.getKey(), below.getValue().memory().byteSize())));
    }
    HvfResult.require(
        HvfAbi.hv_vm_map(hostMemory.address(), guestAddress, size, flags(access)), "hv_vm_map");
    mappings.put(guestAddress, new Mapping(hostMemory, access));
  }

  @Override
  public synchronized void unmap(long guestAddress, long sizeBytes) {
    requireOpen();
    Mapping mapping = mappings.get(guestAddress);
    if (mapping == null || mapping.memory().byteSize() != sizeBytes) {
      throw Failure.notFound("mapping", range(guestAddress, sizeBytes));
    }
    HvfResult.require(HvfAbi.hv_vm_unmap(guestAddress, sizeBytes), "hv_vm_unmap");
    mappings.remove(guestAddress);
  }

  @Override
  public InterruptLine interruptLine(int number) {
    if (number < 0 || number >= intids) {
      throw Failure.invalidArgument(
          "interrupt line %d: there are 0 to %d".formatted(number, intids - 1));
    }
    return new SpiLine(firstIntid + number);
  }

  @Override
  public synchronized Vcpu bindVcpu(int index) {
    requireOpen();
    // The framework hands out redistributors in the order of creation.
    if (index != bound || index >= power.count()) {
      throw Failure.wrongState(
          "vCPU %d of %d: the next one to bind is %d".formatted(index, power.count(), bound));
    }
    Vcpu vcpu = HvfVcpu.create(this, index, traits.addressBits());
    bound++;
    open++;
    return vcpu;
  }

  synchronized void released() {
    open--;
  }

  PowerStates power() {
    return power;
  }

  Psci psci() {
    return psci;
  }

  private synchronized boolean isExecutable(long guestAddress) {
    Map.Entry<Long, Mapping> below = mappings.floorEntry(guestAddress);
    return below != null
        && guestAddress - below.getKey() < below.getValue().memory().byteSize()
        && below.getValue().access().executable();
  }

  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    if (open > 0) {
      throw Failure.wrongState(
          "%d vCPUs of the machine are open; each is closed by its own thread".formatted(open));
    }
    mappings.forEach((address, mapping) ->
        HvfResult.require(HvfAbi.hv_vm_unmap(address, mapping.memory().byteSize()), "hv_vm_unmap"));
    mappings.clear();
    HvfResult.require(HvfAbi.hv_vm_destroy(), "hv_vm_destroy");
    closed = true;
  }

  private void requireOpen() {
    if (closed) {
      throw Failure.wrongState("the machine is closed");
    }
  }

  private static long flags(Access access) {
    return HvfAbi.HV_MEMORY_READ
        | (access.writable() ? HvfAbi.HV_MEMORY_WRITE : 0)
        | (access.executable() ? HvfAbi.HV_MEMORY_EXEC : 0);
  }

  private static String range(long address, long size) {
    return "mapping 0x%x + 0x%x".formatted(address, size);
  }

  private record SpiLine(int intid) implements InterruptLine {
    @Override
    public void raise() {
      HvfResult.require(HvfAbi.Gic.hv_gic_set_spi(intid, 1), "hv_gic_set_spi");
    }

    @Override
    public void lower() {
      HvfResult.require(HvfAbi.Gic.hv_gic_set_spi(intid, 0), "hv_gic_set_spi");
    }
  }
}
