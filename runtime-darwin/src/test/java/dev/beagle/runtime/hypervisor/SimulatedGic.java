package dev.beagle.runtime.hypervisor;

import dev.beagle.failure.Failure;
import dev.beagle.runtime.hypervisor.InterruptController.GicV3;
import java.util.BitSet;

/**
 * As much of a GICv3 as the guests of the tests use: levels of shared interrupts, which go to vCPU
 * 0, and the timer's private one; group 1, enabling, acknowledging. Guarded by the machine.
 */
final class SimulatedGic {
  static final int TIMER = 27;

  /** What an acknowledgement reads when nothing is pending. */
  private static final int SPURIOUS = 1023;

  private static final int LINES = 988;
  private static final long ENABLE_GROUP_1 = 2;
  private static final long PRIVATE_FRAME = 0x1_0000;
  private static final long GROUPS = 0x80;
  private static final long ENABLES = 0x100;

  /** The CPU interface of one vCPU, and its private interrupts. */
  static final class Cpu {
    private final BitSet group1 = new BitSet();
    private final BitSet enabled = new BitSet();
    private final BitSet active = new BitSet();
    private boolean timer;
    private long priorityMask;
    private boolean open;
  }

  private final SimulatedMachine machine;
  private final GicV3 layout;
  private final Cpu[] cpus;
  private final BitSet levels = new BitSet();
  private final BitSet group1 = new BitSet();
  private final BitSet enabled = new BitSet();
  private boolean distributes;

  SimulatedGic(SimulatedMachine machine, GicV3 layout, int vcpus) {
    this.machine = machine;
    this.layout = layout;
    cpus = new Cpu[vcpus];
    for (int index = 0; index < vcpus; index++) {
      cpus[index] = new Cpu();
    }
  }

  InterruptLine line(int number) {
    if (number < 0 || number >= LINES) {
      throw Failure.invalidArgument("interrupt line %d of 0 to %d".formatted(number, LINES - 1));
    }
    int intid = GicV3.FIRST_SHARED_INTID + number;
    return new InterruptLine() {
      @Override
      public void raise() {
        level(intid, true);
      }

      @Override
      public void lower() {
        level(intid, false);
      }
    };
  }

  private void level(int intid, boolean up) {
    synchronized (machine) {
      levels.set(intid, up);
      machine.wake();
    }
  }

  void timer(int cpu, boolean up) {
    synchronized (machine) {
      cpus[cpu].timer = up;
    }
  }

  boolean covers(long address) {
    return inside(address, layout.distributor(), GicV3.DISTRIBUTOR_BYTES)
        || inside(address, layout.redistributors(), GicV3.REDISTRIBUTOR_BYTES * (long) cpus.length);
  }

  private static boolean inside(long address, long start, long sizeBytes) {
    return address >= start && address - start < sizeBytes;
  }

  /** A guest's store to a frame of the controller. */
  void write(long address, long value) {
    synchronized (machine) {
      if (inside(address, layout.distributor(), GicV3.DISTRIBUTOR_BYTES)) {
        long offset = address - layout.distributor();
        if (offset == 0) {
          distributes = (value & ENABLE_GROUP_1) != 0;
        } else {
          set(group1, enabled, offset, value);
        }
        return;
      }
      long offset = address - layout.redistributors();
      Cpu cpu = cpus[(int) (offset / GicV3.REDISTRIBUTOR_BYTES)];
      set(cpu.group1, cpu.enabled, offset % GicV3.REDISTRIBUTOR_BYTES - PRIVATE_FRAME, value);
    }
  }

  private static void set(BitSet groups, BitSet enables, long offset, long value) {
    BitSet target;
    long first;
    if (inside(offset, GROUPS, GROUPS)) {
      target = groups;
      first = offset - GROUPS;
    } else if (inside(offset, ENABLES, GROUPS)) {
      target = enables;
      first = offset - ENABLES;
    } else {
      throw new SimulatedCpu.Refusal("stored to the GIC's register 0x%x".formatted(offset));
    }
    BitSet.valueOf(new long[] {value & 0xffff_ffffL}).stream()
        .forEach(bit -> target.set((int) first * 8 + bit));
  }

  void priorityMask(int cpu, long mask) {
    synchronized (machine) {
      cpus[cpu].priorityMask = mask;
    }
  }

  void openGroup1(int cpu, boolean open) {
    synchronized (machine) {
      cpus[cpu].open = open;
    }
  }

  boolean isPending(int cpu) {
    return pending(cpu) != SPURIOUS;
  }

  private int pending(int index) {
    synchronized (machine) {
      Cpu cpu = cpus[index];
      if (!distributes || !cpu.open || cpu.priorityMask == 0) {
        return SPURIOUS;
      }
      if (cpu.timer && cpu.enabled.get(TIMER) && cpu.group1.get(TIMER) && !cpu.active.get(TIMER)) {
        return TIMER;
      }
      BitSet ready = (BitSet) levels.clone();
      ready.and(enabled);
      ready.and(group1);
      ready.andNot(cpu.active);
      return index != 0 || ready.isEmpty() ? SPURIOUS : ready.nextSetBit(0);
    }
  }

  int acknowledge(int cpu) {
    synchronized (machine) {
      int intid = pending(cpu);
      if (intid != SPURIOUS) {
        cpus[cpu].active.set(intid);
      }
      return intid;
    }
  }

  void end(int cpu, int intid) {
    synchronized (machine) {
      cpus[cpu].active.clear(intid);
    }
  }
}
