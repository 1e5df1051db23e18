package dev.beagle.runtime.hypervisor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * An arm64 CPU at EL1 without translation, of the instructions that {@link Arm64Code} writes. What
 * it does not know, it refuses by name. Belongs to its vCPU's thread.
 */
final class SimulatedCpu {
  /** What comes after an instruction. */
  sealed interface Step {
    record Next() implements Step {}

    /** Until an interrupt is pending. */
    record Sleep() implements Step {}

    record End(Halt halt) implements Step {}
  }

  /** The guest did what this CPU does not know. */
  static final class Refusal extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Refusal(String what) {
      super(what, null, false, false);
    }
  }

  private static final Step NEXT = new Step.Next();
  private static final int ZERO_REGISTER = 31;
  private static final int PC_STEP = 4;
  private static final long INTERRUPT_VECTOR = 0x280;

  private static final int VBAR_EL1 = 0xc600;
  private static final int ELR_EL1 = 0xc201;
  private static final int CNTFRQ_EL0 = 0xdf00;
  private static final int CNTV_TVAL_EL0 = 0xdf18;
  private static final int CNTV_CTL_EL0 = 0xdf19;
  private static final int ICC_PMR_EL1 = 0xc230;
  private static final int ICC_IAR1_EL1 = 0xc660;
  private static final int ICC_EOIR1_EL1 = 0xc661;
  private static final int ICC_IGRPEN1_EL1 = 0xc667;
  private static final long COUNTER_HERTZ = 24_000_000;

  private final SimulatedMachine machine;
  private final int index;
  private final long[] registers = new long[32];
  private long pc;
  private boolean zero;
  private boolean masked = true;
  private boolean maskedBefore;
  private boolean zeroBefore;
  private long vectors;
  private long returnAddress;
  private boolean timerArmed;

  SimulatedCpu(SimulatedMachine machine, int index) {
    this.machine = machine;
    this.index = index;
  }

  long counter() {
    return pc;
  }

  void jump(long address) {
    pc = address;
  }

  void set(int register, long value) {
    if (register != ZERO_REGISTER) {
      registers[register] = value;
    }
  }

  /** The state in which a CPU that was turned on begins. */
  void enter(long address, long context) {
    java.util.Arrays.fill(registers, 0);
    registers[0] = context;
    masked = true;
    pc = address;
  }

  /** Takes a pending interrupt, then carries out one instruction, whole or not at all. */
  Step step(DeviceBus bus) {
    if (!masked && machine.gic().isPending(index)) {
      except(INTERRUPT_VECTOR);
    }
    SimulatedMachine.Place place = machine.executable(pc);
    if (place == null) {
      throw new Refusal("fetched an instruction from 0x%x, which is no memory".formatted(pc));
    }
    int instruction = place.memory().get(ValueLayout.JAVA_INT_UNALIGNED, place.offset());
    return execute(instruction, bus);
  }

  private void except(long vector) {
    returnAddress = pc;
    maskedBefore = masked;
    zeroBefore = zero;
    masked = true;
    pc = vectors + vector;
  }

  private Step execute(int word, DeviceBus bus) {
    if ((word & 0x3f00_0000) == 0x3900_0000) {
      return access(word, bus);
    }
    if ((word & 0xffc0_0000) == 0xd500_0000) {
      return system(word);
    }
    return switch (word >>> 24) {
      case 0x14, 0x15, 0x16, 0x17 -> branch((word << 6) >> 6);
      case 0x54 -> branchIf(word);
      case 0xd4 -> call(word);
      case 0xd6 -> jumpOrReturn(word);
      default -> arithmetic(word);
    };
  }

  private Step arithmetic(int word) {
    int rd = word & 31;
    int rn = word >>> 5 & 31;
    int immediate = word >>> 10 & 0xfff;
    if ((word & 0xff80_0000) == 0xd280_0000) { // movz
      set(rd, (word >>> 5 & 0xffffL) << (16 * (word >>> 21 & 3)));
    } else if ((word & 0xff80_0000) == 0xf280_0000) { // movk
      int shift = 16 * (word >>> 21 & 3);
      set(rd, (registers[rd] & ~(0xffffL << shift)) | (word >>> 5 & 0xffffL) << shift);
    } else if ((word & 0xffc0_0000) == 0x9100_0000 && rd != 31 && rn != 31) { // add
      set(rd, registers[rn] + immediate);
    } else if ((word & 0xffc0_001f) == 0xf100_001f && rn != 31) { // cmp
      zero = registers[rn] == immediate;
    } else if ((word & 0xffc0_fc00) == 0xd340_fc00) { // lsr
      set(rd, (rn == 31 ? 0 : registers[rn]) >>> (word >>> 16 & 63));
    } else {
      throw unknown(word);
    }
    return next();
  }

  private Refusal unknown(int word) {
    return new Refusal("came to the instruction 0x%08x, which is not simulated".formatted(word));
  }

  private Step next() {
    pc += PC_STEP;
    return NEXT;
  }

  private Step branch(int instructions) {
    pc += (long) instructions * PC_STEP;
    return NEXT;
  }

  private Step branchIf(int word) {
    int condition = word & 31;
    if (condition != Arm64Code.EQUAL && condition != Arm64Code.NOT_EQUAL) {
      throw unknown(word);
    }
    return zero == (condition == Arm64Code.EQUAL) ? branch((word << 8) >> 13) : next();
  }

  private Step jumpOrReturn(int word) {
    if ((word & 0xffff_fc1f) == 0xd61f_0000) { // br
      pc = registers[word >>> 5 & 31];
    } else if (word == 0xd69f_03e0) { // eret
      pc = returnAddress;
      masked = maskedBefore;
      zero = zeroBefore;
    } else {
      throw unknown(word);
    }
    return NEXT;
  }

  /** Firmware: PSCI, by HVC 0. */
  private Step call(int word) {
    if (word != 0xd400_0002) {
      throw unknown(word);
    }
    pc += PC_STEP;
    switch ((int) registers[0]) {
      case 0x8400_0002 -> machine.turnOff(index);
      case 0xc400_0003 ->
          registers[0] =
              machine.turnOn(registers[1], new SimulatedMachine.Entry(registers[2], registers[3]));
      case 0xc400_0004 -> registers[0] = machine.affinityInfo(registers[1], registers[2]);
      case 0x8400_0008 -> {
        return new Step.End(new Halt.PowerOff());
      }
      case 0x8400_0009 -> {
        return new Step.End(new Halt.Reset());
      }
      default -> registers[0] = -1;
    }
    return NEXT;
  }

  /** Loads and stores of an unsigned offset, without sign-extension. */
  private Step access(int word, DeviceBus bus) {
    int log = word >>> 30;
    int operation = word >>> 22 & 3;
    int base = word >>> 5 & 31;
    int register = word & 31;
    if (operation > 1 || base == 31) {
      throw unknown(word);
    }
    long address = registers[base] + ((word >>> 10 & 0xfffL) << log);
    int size = 1 << log;
    if (operation == 1) {
      set(register, load(address, size, bus) & mask(size));
    } else {
      long value = register == ZERO_REGISTER ? 0 : registers[register];
      store(address, size, value & mask(size), bus);
    }
    return next();
  }

  private static long mask(int sizeBytes) {
    return -1L >>> (64 - 8 * sizeBytes);
  }

  private long load(long address, int size, DeviceBus bus) {
    if (machine.gic().covers(address)) {
      throw new Refusal("loaded from the GIC at 0x%x".formatted(address));
    }
    SimulatedMachine.Place place = machine.readable(address, size);
    if (place == null) {
      return bus.read(address, size);
    }
    MemorySegment memory = place.memory();
    return switch (size) {
      case 1 -> memory.get(ValueLayout.JAVA_BYTE, place.offset());
      case 2 -> memory.get(ValueLayout.JAVA_SHORT_UNALIGNED, place.offset());
      case 4 -> memory.get(ValueLayout.JAVA_INT_UNALIGNED, place.offset());
      default -> memory.get(ValueLayout.JAVA_LONG_UNALIGNED, place.offset());
    };
  }

  private void store(long address, int size, long value, DeviceBus bus) {
    if (machine.gic().covers(address)) {
      machine.gic().write(address, value);
      return;
    }
    SimulatedMachine.Place place = machine.writable(address, size);
    if (place == null) {
      bus.write(address, size, value);
      return;
    }
    MemorySegment memory = place.memory();
    switch (size) {
      case 1 -> memory.set(ValueLayout.JAVA_BYTE, place.offset(), (byte) value);
      case 2 -> memory.set(ValueLayout.JAVA_SHORT_UNALIGNED, place.offset(), (short) value);
      case 4 -> memory.set(ValueLayout.JAVA_INT_UNALIGNED, place.offset(), (int) value);
      default -> memory.set(ValueLayout.JAVA_LONG_UNALIGNED, place.offset(), value);
    }
  }

  private Step system(int word) {
    switch (word) {
      case 0xd503_207f -> { // wfi
        pc += PC_STEP;
        // The counter stands; who sleeps until the timer finds that it rings.
        machine.gic().timer(index, timerArmed);
        return new Step.Sleep();
      }
      case 0xd503_42ff -> masked = false; // msr daifclr, #2
      case 0xd503_3fdf -> {} // isb
      default -> {
        boolean read = (word & 0x20_0000) != 0;
        int id = word >>> 5 & 0xffff;
        int register = word & 31;
        if (read) {
          set(register, readSystem(id));
        } else {
          writeSystem(id, register == ZERO_REGISTER ? 0 : registers[register]);
        }
      }
    }
    return next();
  }

  private long readSystem(int id) {
    return switch (id) {
      case VBAR_EL1 -> vectors;
      case ELR_EL1 -> returnAddress;
      case CNTFRQ_EL0 -> COUNTER_HERTZ;
      case ICC_IAR1_EL1 -> machine.gic().acknowledge(index);
      default -> throw new Refusal("read the system register 0x%x, not simulated".formatted(id));
    };
  }

  private void writeSystem(int id, long value) {
    switch (id) {
      case VBAR_EL1 -> vectors = value;
      case ICC_PMR_EL1 -> machine.gic().priorityMask(index, value);
      case ICC_IGRPEN1_EL1 -> machine.gic().openGroup1(index, (value & 1) != 0);
      case ICC_EOIR1_EL1 -> machine.gic().end(index, (int) value);
      case CNTV_TVAL_EL0 -> machine.gic().timer(index, false);
      case CNTV_CTL_EL0 -> timerArmed = (value & 3) == 1;
      default -> throw new Refusal("wrote the system register 0x%x, not simulated".formatted(id));
    }
  }
}
