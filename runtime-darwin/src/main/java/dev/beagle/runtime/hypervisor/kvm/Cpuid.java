package dev.beagle.runtime.hypervisor.kvm;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** What CPUID tells a guest: all that KVM can give, with the number of each vCPU. Immutable. */
final class Cpuid {
  private static final int MAX_ENTRIES = 256;
  private static final int FEATURES = 1;
  private static final int TOPOLOGY = 0xb;
  private static final int TOPOLOGY_2 = 0x1f;
  private static final int ADDRESS_SIZES = 0x8000_0008;
  private static final int DEFAULT_ADDRESS_BITS = 36;

  private final byte[] entries;

  private Cpuid(byte[] entries) {
    this.entries = entries;
  }

  static Cpuid supported(int device) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment list = allocate(arena, MAX_ENTRIES);
      Kvm.ioctl(device, KvmAbi.KVM_GET_SUPPORTED_CPUID, list.address(), "KVM_GET_SUPPORTED_CPUID");
      long bytes = list.get(ValueLayout.JAVA_INT, 0) * KvmAbi.CPUID_ENTRY_BYTES;
      return new Cpuid(list.asSlice(KvmAbi.CPUID_ENTRIES, bytes).toArray(ValueLayout.JAVA_BYTE));
    }
  }

  private static MemorySegment allocate(Arena arena, int count) {
    MemorySegment list =
        arena.allocate(KvmAbi.CPUID_ENTRIES + count * KvmAbi.CPUID_ENTRY_BYTES, Long.BYTES);
    list.set(ValueLayout.JAVA_INT, 0, count);
    return list;
  }

  /** Bits of guest-physical addresses. */
  int addressBits() {
    MemorySegment all = MemorySegment.ofArray(entries);
    for (long at = 0; at < entries.length; at += KvmAbi.CPUID_ENTRY_BYTES) {
      if (function(all, at) == ADDRESS_SIZES) {
        return all.get(ValueLayout.JAVA_INT_UNALIGNED, at + KvmAbi.CPUID_ENTRY_EAX) & 0xff;
      }
    }
    return DEFAULT_ADDRESS_BITS;
  }

  private static int function(MemorySegment all, long at) {
    return all.get(ValueLayout.JAVA_INT_UNALIGNED, at + KvmAbi.CPUID_ENTRY_FUNCTION);
  }

  /** Before the vCPU first runs. */
  void apply(int vcpu, int index) {
    try (Arena arena = Arena.ofConfined()) {
      int count = (int) (entries.length / KvmAbi.CPUID_ENTRY_BYTES);
      MemorySegment list = allocate(arena, count);
      MemorySegment all = list.asSlice(KvmAbi.CPUID_ENTRIES);
      all.copyFrom(MemorySegment.ofArray(entries));
      for (long at = 0; at < entries.length; at += KvmAbi.CPUID_ENTRY_BYTES) {
        identify(all, at, index);
      }
      Kvm.ioctl(vcpu, KvmAbi.KVM_SET_CPUID2, list.address(), "KVM_SET_CPUID2");
    }
  }

  /** The number of its local APIC, where CPUID has it. */
  private static void identify(MemorySegment all, long at, int index) {
    switch (function(all, at)) {
      case FEATURES -> {
        long ebx = at + KvmAbi.CPUID_ENTRY_EBX;
        int rest = all.get(ValueLayout.JAVA_INT_UNALIGNED, ebx) & 0xff_ffff;
        all.set(ValueLayout.JAVA_INT_UNALIGNED, ebx, rest | (index << 24));
      }
      case TOPOLOGY, TOPOLOGY_2 ->
          all.set(ValueLayout.JAVA_INT_UNALIGNED, at + KvmAbi.CPUID_ENTRY_EDX, index);
      default -> {} // the same for all
    }
  }
}
