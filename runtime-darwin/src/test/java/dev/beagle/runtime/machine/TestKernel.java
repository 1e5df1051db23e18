package dev.beagle.runtime.machine;

import dev.beagle.runtime.hypervisor.Arm64Code;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;

/** Files that have the form of an arm64 kernel and its initramfs. */
final class TestKernel {
  static final long PSCI_SYSTEM_OFF = 0x8400_0008L;
  static final long PSCI_SYSTEM_RESET = 0x8400_0009L;

  /** What its header says: more than the file has. */
  static final long IMAGE_BYTES = 0x30_0000;

  private static final int FILE_BYTES = 0x1000;

  private TestKernel() {}

  /** A header as Linux 6 has it. */
  static ByteBuffer header() {
    return ByteBuffer.allocate(KernelImage.HEADER_BYTES)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(16, IMAGE_BYTES)
        .putLong(24, 0xa)
        .putInt(56, 0x644d5241);
  }

  /** A kernel that is {@code program}. */
  static Path write(Path folder, Consumer<Arm64Code> program) throws IOException {
    byte[] file = new byte[FILE_BYTES];
    MemorySegment memory = MemorySegment.ofArray(file);
    MemorySegment.copy(MemorySegment.ofBuffer(header()), 0, memory, 0, KernelImage.HEADER_BYTES);
    ByteBuffer branch = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN);
    branch.putInt(0, 0x1400_0000 | KernelImage.HEADER_BYTES / 4);
    memory.asSlice(0, 4).copyFrom(MemorySegment.ofBuffer(branch));
    // The writer wants aligned words, which a segment of bytes does not have.
    MemorySegment code = MemorySegment.ofArray(new long[FILE_BYTES / 8]);
    program.accept(new Arm64Code(code, KernelImage.HEADER_BYTES));
    memory.asSlice(KernelImage.HEADER_BYTES).copyFrom(code.asSlice(KernelImage.HEADER_BYTES));
    return Files.write(folder.resolve("Image"), file);
  }

  static Path initramfs(Path folder) throws IOException {
    return Files.writeString(folder.resolve("initramfs"), "070701");
  }
}
