package dev.beagle.runtime.hypervisor;

import static dev.beagle.runtime.hypervisor.HypervisorContract.COUNTER;
import static dev.beagle.runtime.hypervisor.HypervisorContract.DEVICE;
import static dev.beagle.runtime.hypervisor.HypervisorContract.NOWHERE;
import static dev.beagle.runtime.hypervisor.HypervisorContract.RAM;
import static dev.beagle.runtime.hypervisor.HypervisorContract.WINDOW;
import static dev.beagle.runtime.hypervisor.X86Code.RAX;
import static dev.beagle.runtime.hypervisor.X86Code.RBX;
import static dev.beagle.runtime.hypervisor.X86Code.RCX;
import static dev.beagle.runtime.hypervisor.X86Code.RDX;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The stories in x86-64, on a PC's local APIC and I/O APIC. */
public final class X86Guests {
  /** Offsets in the machine's memory; the stack grows down, the page tables are five pages. */
  private static final long HANDLER = 0x1000;

  private static final long SECOND_CODE = 0x1400;
  private static final long DESCRIPTORS = 0x1800;
  private static final long DESCRIPTORS_POINTER = 0x1900;
  private static final long VECTORS_POINTER = 0x1910;
  private static final long CONTEXT = 0x1a00;
  private static final long SECOND_IS_OFF = 0x1a08;
  private static final long VECTORS = 0x2000;
  private static final long PAGE_TABLES = 0xa000;

  /** For the stack pointer and CR3 of vCPU 0. */
  public static final long STACK = RAM + 0x7000;

  public static final long CR3 = RAM + PAGE_TABLES;

  /** Where a second CPU begins, in real mode: what a start-up interrupt can say. */
  public static final long TRAMPOLINE = 0x8000;

  private static final int TRAMPOLINE_POINTER = 0x100;
  private static final int CODE_SELECTOR = 8;
  private static final int LINE_VECTOR = 0x30;
  private static final int TIMER_VECTOR = 0x31;

  private static final long LOCAL_APIC = 0xfee0_0000L;
  private static final long LOCAL_END = LOCAL_APIC + 0xb0;
  private static final long LOCAL_SPURIOUS = LOCAL_APIC + 0xf0;
  private static final long LOCAL_COMMAND = LOCAL_APIC + 0x300;
  private static final long LOCAL_COMMAND_TARGET = LOCAL_APIC + 0x310;
  private static final long LOCAL_TIMER = LOCAL_APIC + 0x320;
  private static final long LOCAL_LINT0 = LOCAL_APIC + 0x350;
  private static final long LOCAL_TIMER_COUNT = LOCAL_APIC + 0x380;
  private static final long LOCAL_TIMER_DIVISOR = LOCAL_APIC + 0x3e0;
  private static final long IO_APIC_SELECT = 0xfec0_0000L;
  private static final long IO_APIC_DATA = IO_APIC_SELECT + 0x10;

  private static final int MASKED = 0x1_0000;
  private static final int LEVEL = 0x8000;
  private static final int NANOSECONDS_IN_A_MILLISECOND = 1_000_000;

  private X86Guests() {}

  /** Writes the program; vCPU 0 enters at the beginning of the memory. */
  public static void write(GuestStory story, MemorySegment memory) {
    pageTables(memory);
    descriptors(memory);
    X86Code code = new X86Code(memory, 0).set(RBX, DEVICE);
    switch (story) {
      case STORES -> stores(code);
      case LOADS -> loads(code);
      case RESET -> code.out8(0xcf9, 6);
      case COUNT -> count(code);
      case WATCH_WINDOW -> watchWindow(code);
      case WRITE_WINDOW -> writeWindow(code);
      case SECOND_CPU -> secondCpu(code, memory);
      case INTERRUPTED -> interrupted(code, memory);
      case TIMER -> timer(code, memory);
      case LOST -> code.set(RAX, NOWHERE).bytes(0xff, 0xe0); // jmp rax
    }
  }

  /** The gigabytes 0, 1 and 3 of addresses as they are, in pages of 2 MiB. */
  private static void pageTables(MemorySegment memory) {
    long directory = PAGE_TABLES + 0x1000;
    memory.set(ValueLayout.JAVA_LONG, PAGE_TABLES, RAM + directory | 3);
    long table = directory;
    for (long gigabyte : new long[] {0, 1, 3}) {
      table += 0x1000;
      memory.set(ValueLayout.JAVA_LONG, directory + 8 * gigabyte, RAM + table | 3);
      for (long entry = 0; entry < 512; entry++) {
        long address = (gigabyte << 30) + (entry << 21);
        memory.set(ValueLayout.JAVA_LONG, table + 8 * entry, address | 0x83);
      }
    }
  }

  /** Segments of 64-bit code and of data; nothing handles any interrupt yet. */
  private static void descriptors(MemorySegment memory) {
    memory.set(ValueLayout.JAVA_LONG, DESCRIPTORS + 8, 0x00af_9a00_0000_ffffL);
    memory.set(ValueLayout.JAVA_LONG, DESCRIPTORS + 16, 0x00cf_9200_0000_ffffL);
    new X86Code(memory, DESCRIPTORS_POINTER).number(2, 23).number(8, RAM + DESCRIPTORS);
    new X86Code(memory, VECTORS_POINTER).number(2, 0xfff).number(8, RAM + VECTORS);
  }

  private static void powerOff(X86Code code) {
    code.out16(0x604, 0x3400);
  }

  private static void stores(X86Code code) {
    code.set(RCX, 0x11).store(1, RCX, RBX, 0);
    code.set(RCX, 0x2222).store(2, RCX, RBX, 8);
    code.set(RCX, 0x3333_3333L).store(4, RCX, RBX, 16);
    code.set(RCX, 0x4444_4444_4444_4444L).store(8, RCX, RBX, 24);
    powerOff(code);
  }

  private static void loads(X86Code code) {
    for (int log = 0; log < 4; log++) {
      code.load(1 << log, RCX, RBX, 8 * log).store(8, RCX, RBX, 0x100);
    }
    powerOff(code);
  }

  private static void count(X86Code code) {
    code.set(RDX, COUNTER);
    long loop = code.offset();
    code.bytes(0x48, 0xff, 0x02).jump(loop); // inc qword [rdx]
  }

  private static void watchWindow(X86Code code) {
    code.set(RDX, WINDOW);
    long loop = code.offset();
    code.load(8, RCX, RDX, 0).store(8, RCX, RBX, 0).jump(loop);
  }

  private static void writeWindow(X86Code code) {
    code.set(RDX, WINDOW).set(RCX, 0x55).store(8, RCX, RDX, 0);
    code.load(8, RCX, RDX, 0).store(8, RCX, RBX, 0);
    powerOff(code);
  }

  private static void secondCpu(X86Code code, MemorySegment memory) {
    code.poke(LOCAL_SPURIOUS, 0x1ff);
    code.set(RDX, RAM + CONTEXT).set(RCX, 0x77).store(8, RCX, RDX, 0);
    code.poke(LOCAL_COMMAND_TARGET, 1 << 24).poke(LOCAL_COMMAND, 0x4500); // INIT
    code.poke(LOCAL_COMMAND_TARGET, 1 << 24);
    code.poke(LOCAL_COMMAND, 0x4600 | (int) (TRAMPOLINE >> 12)); // start-up
    code.set(RDX, RAM + SECOND_IS_OFF);
    code.loopUntil(RDX, 1, code.offset());
    powerOff(code);
    X86Code second = new X86Code(memory, SECOND_CODE).set(RBX, DEVICE);
    second.set(RDX, RAM + CONTEXT).load(8, RCX, RDX, 0).store(8, RCX, RBX, 0);
    second.set(RDX, RAM + SECOND_IS_OFF).set(RCX, 1).store(8, RCX, RDX, 0);
    second.bytes(0xfa, 0xf4); // cli, hlt
  }

  /** The code at {@link #TRAMPOLINE}, from real mode into the story's second part. */
  public static void writeTrampoline(MemorySegment memory) {
    new X86Code(memory, TRAMPOLINE_POINTER).number(2, 23).number(4, RAM + DESCRIPTORS);
    X86Code code = new X86Code(memory, 0);
    code.bytes(0xfa, 0x2e, 0x66, 0x0f, 0x01, 0x16).number(2, TRAMPOLINE_POINTER); // lgdt cs:
    code.bytes(0x0f, 0x20, 0xe0, 0x66, 0x83, 0xc8, 0x20, 0x0f, 0x22, 0xe0); // cr4 |= PAE
    code.bytes(0x66, 0xb8).number(4, CR3).bytes(0x0f, 0x22, 0xd8);
    code.bytes(0x66, 0xb9).number(4, 0xc000_0080L).bytes(0x0f, 0x32); // EFER |= LME
    code.bytes(0x66, 0x0d).number(4, 0x100).bytes(0x0f, 0x30);
    code.bytes(0x0f, 0x20, 0xc0, 0x66, 0x0d).number(4, 0x8000_0001L); // cr0 |= PG, PE
    code.bytes(0x0f, 0x22, 0xc0);
    code.bytes(0x66, 0xea).number(4, RAM + SECOND_CODE).number(2, CODE_SELECTOR);
  }

  /** One handler; the local APIC on, what the older controller says not heard. */
  private static void openInterrupts(X86Code code, MemorySegment memory, int vector) {
    long handler = RAM + HANDLER;
    new X86Code(memory, VECTORS + 16L * vector)
        .number(2, handler)
        .number(2, CODE_SELECTOR)
        .number(2, 0x8e00)
        .number(2, handler >> 16)
        .number(8, 0);
    code.set(RAX, RAM + DESCRIPTORS_POINTER).bytes(0x0f, 0x01, 0x10); // lgdt [rax]
    code.set(RAX, RAM + VECTORS_POINTER).bytes(0x0f, 0x01, 0x18); // lidt [rax]
    code.poke(LOCAL_SPURIOUS, 0x1ff).poke(LOCAL_LINT0, MASKED);
  }

  private static void sleep(X86Code code) {
    long loop = code.offset();
    code.bytes(0xfb, 0xf4).jump(loop); // sti, hlt
  }

  private static void interrupted(X86Code code, MemorySegment memory) {
    openInterrupts(code, memory, LINE_VECTOR);
    int pin = 0x10 + 2 * HypervisorContract.LINE;
    code.poke(IO_APIC_SELECT, pin + 1).poke(IO_APIC_DATA, 0); // to CPU 0
    code.poke(IO_APIC_SELECT, pin).poke(IO_APIC_DATA, LEVEL | LINE_VECTOR);
    sleep(code);
    X86Code handler = new X86Code(memory, HANDLER).set(RCX, 1).store(8, RCX, RBX, 0);
    handler.poke(LOCAL_END, 0).bytes(0x48, 0xcf); // iretq
  }

  private static void timer(X86Code code, MemorySegment memory) {
    openInterrupts(code, memory, TIMER_VECTOR);
    code.poke(LOCAL_TIMER_DIVISOR, 0xb).poke(LOCAL_TIMER, TIMER_VECTOR); // by 1, once
    code.poke(LOCAL_TIMER_COUNT, NANOSECONDS_IN_A_MILLISECOND); // at KVM's 1 GHz
    sleep(code);
    X86Code handler = new X86Code(memory, HANDLER).set(RCX, 2).store(8, RCX, RBX, 0);
    powerOff(handler);
  }
}
