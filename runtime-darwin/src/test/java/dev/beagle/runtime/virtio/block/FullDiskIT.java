package dev.beagle.runtime.virtio.block;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.time.Time;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A sparse image on a file system that has less room than the image promises. */
@Tag("root")
@Timeout(60)
final class FullDiskIT {
  private static final int MIB = 1 << 20;

  @TempDir private Path folder;
  private final BlockingQueue<Failure> told = new LinkedBlockingQueue<>();
  private boolean mounted;

  private static void run(String... command) throws Exception {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    byte[] output = process.getInputStream().readAllBytes();
    assertThat(process.waitFor())
        .as("%s: %s", List.of(command), new String(output, StandardCharsets.UTF_8))
        .isZero();
  }

  @BeforeEach
  void mount() throws Exception {
    assumeTrue("root".equals(System.getProperty("user.name")), "needs root");
    run("mount", "-t", "tmpfs", "-o", "size=2m", "full", folder.toString());
    mounted = true;
  }

  @AfterEach
  void unmount() throws Exception {
    if (mounted) {
      run("umount", folder.toString());
    }
  }

  /** False where the device says that it waits. */
  private boolean answered(BlockDriver guest, int requests) throws InterruptedException {
    while (guest.used() < requests && told.isEmpty()) {
      Thread.onSpinWait();
    }
    return told.isEmpty();
  }

  @Test
  void aWriteWaitsForRoomOnTheHostsDiskAndTheGuestMayMakeIt() throws Exception {
    Path image = folder.resolve("scratch.img");
    try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
      file.setLength(8 * MIB);
    }
    byte[] data = BlockDriver.numbered(256 * 1024);
    long sectors = data.length / BlockConfig.SECTOR;
    try (DiskImage disk = DiskImage.open(image, false);
        BlockDriver guest =
            BlockDriver.of(BlockDevice.of("scratch", disk, told::add, Time.system()))) {
      int sent = 0;
      do {
        guest.send(BlockRequest.OUT, sent * sectors, data, 0);
        sent++;
      } while (answered(guest, sent));
      assertThat(sent).isBetween(5, 9);
      BlockDriver beside = guest.beside();
      assertThat(beside.read(sectors, 4096)).isEqualTo(Arrays.copyOf(data, 4096));
      // The guest deletes something.
      assertThat(beside.ranges(BlockRequest.DISCARD, 0, 2 * (int) sectors, 0))
          .isEqualTo(BlockRequest.OK);
      guest.awaitUsed(sent + 2);
      assertThat(guest.status(0)).isEqualTo(BlockRequest.OK);
      assertThat(guest.read((sent - 1) * sectors, data.length)).isEqualTo(data);
    }
    Failure failure = told.remove();
    assertThat(failure.kind()).isEqualTo(FailureKind.EXHAUSTED);
    assertThat(failure.reason())
        .startsWith("disk scratch: pwritev " + image + ": No space left on device; ");
    assertThat(told).isEmpty();
    assertThat(Files.size(image)).isEqualTo(8 * MIB);
  }
}
