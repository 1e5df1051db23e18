package dev.beagle.runtime.machine;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.runtime.memory.GuestMemory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * Kernel and initramfs in a machine's memory: the kernel at the beginning, then, each from a 2 MiB
 * boundary on, the initramfs and the place for the device tree. So all three lie within the window
 * that arm64's boot protocol asks for.
 *
 * @param entry where the kernel is entered
 * @param initramfs its first address; equal to {@code initramfsEnd} where there is none
 * @param deviceTree where it goes, at most {@link Layout#BLOCK} bytes
 */
record BootImage(long entry, long initramfs, long initramfsEnd, long deviceTree) {
  private static final int PIECE_BYTES = 1 << 30;

  /**
   * @throws Failure INVALID_ARGUMENT when a file cannot be read or booted, or memory is too small
   */
  static BootImage load(MachineSpec spec, GuestMemory memory) {
    try (FileChannel kernel = FileChannel.open(spec.kernel());
        FileChannel initramfs = FileChannel.open(spec.initramfs())) {
      ByteBuffer header = ByteBuffer.allocate(KernelImage.HEADER_BYTES);
      kernel.read(header, 0);
      KernelImage image = KernelImage.parse(spec.kernel().toString(), header.flip(), kernel.size());
      long entry = Layout.RAM + image.textOffset();
      long start = Layout.nextBlock(entry + image.imageBytes());
      long end = start + initramfs.size();
      long deviceTree = Layout.nextBlock(end);
      long needed = deviceTree + Layout.BLOCK - Layout.RAM;
      if (needed < 0 || needed > spec.memoryBytes()) {
        throw Failure.invalidArgument(
            "%d MiB of memory are too few for the kernel and its initramfs, which take %d MiB"
                .formatted(spec.memoryBytes() >> 20, needed >> 20));
      }
      copy(spec.kernel(), kernel, memory, entry);
      copy(spec.initramfs(), initramfs, memory, start);
      return new BootImage(entry, start, end, deviceTree);
    } catch (NoSuchFileException missing) {
      throw Failure.of(FailureKind.INVALID_ARGUMENT, missing.getFile() + " is not there", missing);
    } catch (IOException error) {
      throw Failure.of(
          FailureKind.INVALID_ARGUMENT,
          "kernel %s and initramfs %s cannot be read: %s"
              .formatted(spec.kernel(), spec.initramfs(), error.getMessage()),
          error);
    }
  }

  private static void copy(Path name, FileChannel from, GuestMemory memory, long address)
      throws IOException {
    long size = from.size();
    long done = 0;
    while (done < size) {
      ByteBuffer target =
          memory.slice(address + done, Math.min(size - done, PIECE_BYTES)).asByteBuffer();
      int count = from.read(target, done);
      if (count < 0) {
        throw new IOException(name + " became shorter while it was read");
      }
      done += count;
    }
  }
}
