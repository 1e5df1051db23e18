package dev.beagle.runtime.virtio.block;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.runtime.posix.FolderUsage;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DiskImageTest {
  private static final int BLOCK = 4096;

  @TempDir private Path folder;

  private Path image(byte[] content) throws IOException {
    return Files.write(folder.resolve("disk.img"), content);
  }

  private static List<MemorySegment> parts(byte[] content, int... cuts) {
    MemorySegment whole = Arena.ofAuto().allocate(content.length);
    whole.copyFrom(MemorySegment.ofArray(content));
    MemorySegment[] parts = new MemorySegment[cuts.length + 1];
    int from = 0;
    for (int i = 0; i < cuts.length; i++) {
      parts[i] = whole.asSlice(from, cuts[i] - from);
      from = cuts[i];
    }
    parts[cuts.length] = whole.asSlice(from);
    return List.of(parts);
  }

  private static void assertFails(FailureKind kind, String text, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            Failure.class, failure -> assertThat(failure.kind()).isEqualTo(kind))
        .hasMessageContaining(text);
  }

  @Test
  void bytesGoThroughPartsOfAnyLength() throws IOException {
    byte[] data = BlockDriver.numbered(3 * BLOCK);
    Path file = image(new byte[8 * BLOCK]);
    try (DiskImage disk = DiskImage.open(file, false)) {
      assertThat(disk.sizeBytes()).isEqualTo(8 * BLOCK);
      disk.write(parts(data, 1, 7, 5000), 512);
      disk.sync();
      byte[] back = new byte[data.length];
      List<MemorySegment> room = parts(back, 4096, 4097);
      disk.read(room, 512);
      int at = 0;
      for (MemorySegment part : room) {
        byte[] bytes = part.toArray(ValueLayout.JAVA_BYTE);
        System.arraycopy(bytes, 0, back, at, bytes.length);
        at += bytes.length;
      }
      assertThat(back).isEqualTo(data);
    }
    byte[] whole = Files.readAllBytes(file);
    assertThat(Arrays.copyOfRange(whole, 512, 512 + data.length)).isEqualTo(data);
    assertThat(whole).hasSize(8 * BLOCK);
    assertThat(Arrays.copyOf(whole, 512)).containsOnly(0);
  }

  @Test
  void aRequestHasMoreSegmentsThanOneCallTakes() throws IOException {
    byte[] data = BlockDriver.numbered(512 * 5);
    int[] cuts = new int[data.length - 1];
    Arrays.setAll(cuts, i -> i + 1);
    Path file = image(new byte[BLOCK]);
    try (DiskImage disk = DiskImage.open(file, false)) {
      disk.write(parts(data, cuts), 0);
    }
    assertThat(Files.readAllBytes(file)).startsWith(data);
  }

  @Test
  void discardedAndZeroedBlocksTakeNoRoomAndEdgesAreZeroed() throws IOException {
    byte[] ones = new byte[64 * BLOCK];
    Arrays.fill(ones, (byte) 1);
    Path file = image(ones);
    try (DiskImage disk = DiskImage.open(file, false)) {
      disk.sync();
      long before = FolderUsage.measure(folder).usedBytes();
      disk.discard(0, 16 * BLOCK);
      disk.zero(16 * BLOCK + 512, 16 * BLOCK, true);
      disk.sync();
      assertThat(FolderUsage.measure(folder).usedBytes())
          .isLessThanOrEqualTo(before - (16 + 15) * BLOCK);
      disk.discard(40 * BLOCK + 512, 1024);
      disk.zero(48 * BLOCK + 512, 8 * BLOCK, false);
    }
    byte[] whole = Files.readAllBytes(file);
    byte[] expected = ones.clone();
    Arrays.fill(expected, 0, 16 * BLOCK, (byte) 0);
    Arrays.fill(expected, 16 * BLOCK + 512, 32 * BLOCK + 512, (byte) 0);
    Arrays.fill(expected, 48 * BLOCK + 512, 56 * BLOCK + 512, (byte) 0);
    assertThat(whole).isEqualTo(expected);
  }

  @Test
  void zerosLargerThanOneCallAreWritten() throws IOException {
    byte[] ones = new byte[3 << 20];
    Arrays.fill(ones, (byte) 1);
    Path file = image(ones);
    try (DiskImage disk = DiskImage.open(file, false)) {
      disk.zero(512, (3 << 20) - 1024, false);
    }
    Arrays.fill(ones, 512, (3 << 20) - 512, (byte) 0);
    assertThat(Files.readAllBytes(file)).isEqualTo(ones);
  }

  @Test
  void oneMachineHasAnImageOrManyReadIt() throws IOException {
    Path file = image(new byte[BLOCK]);
    try (DiskImage writer = DiskImage.open(file, false)) {
      assertThat(writer.readOnly()).isFalse();
      for (boolean readOnly : List.of(true, false)) {
        assertFails(
            FailureKind.WRONG_STATE,
            file + " is in use by another machine",
            () -> DiskImage.open(file, readOnly).close());
      }
    }
    try (DiskImage one = DiskImage.open(file, true);
        DiskImage other = DiskImage.open(file, true)) {
      assertThat(one.readOnly() && other.readOnly()).isTrue();
      assertFails(FailureKind.WRONG_STATE, "in use", () -> DiskImage.open(file, false).close());
    }
    DiskImage.open(file, false).close();
  }

  @Test
  void whatIsNoImageIsRefusedByName() throws IOException {
    Path odd = image(new byte[1000]);
    assertFails(
        FailureKind.INVALID_ARGUMENT,
        odd + " has 1000 bytes, no multiple of 512",
        () -> DiskImage.open(odd, false).close());
    assertFails(
        FailureKind.INVALID_ARGUMENT,
        folder + " is not a regular file",
        () -> DiskImage.open(folder, true).close());
    Path link = Files.createSymbolicLink(folder.resolve("link"), odd);
    assertFails(
        FailureKind.INVALID_ARGUMENT,
        "is not a regular file",
        () -> DiskImage.open(link, true).close());
    Path missing = folder.resolve("missing");
    assertFails(
        FailureKind.NOT_FOUND, missing.toString(), () -> DiskImage.open(missing, true).close());
  }

  @Test
  void anImageThatBecameShorterIsSaidToBe() throws IOException {
    Path file = image(new byte[4 * BLOCK]);
    try (DiskImage disk = DiskImage.open(file, false)) {
      try (RandomAccessFile other = new RandomAccessFile(file.toFile(), "rw")) {
        other.setLength(BLOCK);
      }
      assertFails(
          FailureKind.CORRUPTED,
          file + " ends before byte 8192: it was 16384 bytes long when it was opened",
          () -> disk.read(parts(new byte[BLOCK]), BLOCK));
    }
  }

  @Test
  void aClosedImageIsNotTouched() throws IOException {
    DiskImage disk = DiskImage.open(image(new byte[BLOCK]), false);
    disk.close();
    disk.close();
    assertFails(FailureKind.WRONG_STATE, "was closed", () -> disk.write(parts(new byte[512]), 0));
    assertFails(FailureKind.WRONG_STATE, "was closed", disk::sync);
  }
}
