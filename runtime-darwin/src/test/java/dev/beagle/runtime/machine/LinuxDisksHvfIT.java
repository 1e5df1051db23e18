package dev.beagle.runtime.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.beagle.failure.Failure;
import dev.beagle.runtime.hypervisor.Halt;
import dev.beagle.runtime.hypervisor.hvf.HvfHypervisor;
import dev.beagle.runtime.posix.FolderUsage;
import dev.beagle.runtime.testing.HvSim;
import dev.beagle.runtime.virtio.block.BlockDevice;
import dev.beagle.runtime.virtio.block.DiskImage;
import dev.beagle.runtime.virtio.console.ConsoleDevice;
import dev.beagle.runtime.virtio.entropy.EntropyDevice;
import dev.beagle.runtime.virtio.mmio.VirtioSlot;
import dev.beagle.time.Time;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Debian's kernel with two disks, a console on virtio and random bytes. Its init is hv-sim's {@code
 * tests/linux/disks.c}, which says what it found; here it gets what it asks for, and afterwards the
 * host looks into the images.
 */
@Tag("hvf")
@Timeout(value = 5, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class LinuxDisksHvfIT {
  private static final int MIB = 1 << 20;
  private static final byte OLD = 0x55;

  private final BootLog log = new BootLog(Time.system());
  private final ByteArrayOutputStream terminal = new ByteArrayOutputStream();
  private final BlockingQueue<Failure> told = new LinkedBlockingQueue<>();
  private final BlockDevice spare = BlockDevice.spare("spare-0", told::add, Time.system());
  private final ConsoleDevice console = new ConsoleDevice(terminal::write);

  @TempDir private Path folder;
  private Path scratch;
  private Path volume;

  @BeforeEach
  void makeImages() throws Exception {
    for (String tool : List.of("mke2fs", "e2fsck", "debugfs")) {
      assumeTrue(Files.isExecutable(Path.of("/sbin", tool)), tool + " (e2fsprogs) is not here");
    }
    Path tree = Files.createDirectory(folder.resolve("tree"));
    Files.write(tree.resolve("from-the-host"), pattern(3 * MIB, 7));
    scratch = Files.createDirectory(folder.resolve("scratch")).resolve("disk.img");
    try (RandomAccessFile file = new RandomAccessFile(scratch.toFile(), "rw")) {
      file.setLength(64 * MIB);
    }
    run("mke2fs", "-q", "-t", "ext4", "-d", tree.toString(), scratch.toString());
    byte[] old = new byte[16 * MIB];
    Arrays.fill(old, OLD);
    volume = Files.createDirectory(folder.resolve("volume")).resolve("disk.img");
    Files.write(volume, old);
  }

  /** As the guest fills a file: little-endian words. */
  private static byte[] pattern(int length, int seed) {
    ByteBuffer bytes = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < length / 4; i++) {
      bytes.putInt(seed + i * 0x9e37_79b1);
    }
    return bytes.array();
  }

  private static String run(String... command) throws Exception {
    command[0] = "/sbin/" + command[0];
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as("%s: %s", List.of(command), output).isZero();
    return output;
  }

  private void boot(HvSim sim, DiskImage scratchDisk, DiskImage volumeDisk) throws Exception {
    BlockDevice disk = BlockDevice.of("scratch", scratchDisk, told::add, Time.system());
    console.resize(80, 24);
    MachineSpec spec =
        new MachineSpec(
            "disks",
            2,
            512L << 20,
            sim.kernel(),
            sim.built("disks-initramfs"),
            "earlycon=pl011,mmio32,0x%x console=ttyAMA0 panic=-1".formatted(Layout.CONSOLE),
            List.of(
                new VirtioSlot(disk),
                new VirtioSlot(spare),
                new VirtioSlot(console),
                new VirtioSlot(new EntropyDevice())));
    HvfHypervisor hypervisor = HvfHypervisor.of(sim.library());
    try (Machine machine =
        Machine.create(hypervisor, spec, new Answering(volumeDisk), Time.system())) {
      machine.start();
      assertThat(machine.await()).as(whole()).isEqualTo(new Halt.PowerOff());
    }
  }

  private String whole() {
    return String.join("\n", log.lines());
  }

  /** Does what the guest asks for, as soon as it does. */
  private final class Answering implements ConsoleOutput {
    private final DiskImage volumeDisk;

    Answering(DiskImage volumeDisk) {
      this.volumeDisk = volumeDisk;
    }

    @Override
    public void accept(byte character) {
      log.accept(character);
      if (character == '\n') {
        switch (log.lines().getLast()) {
          case "PASS open hvc0" -> console.resize(132, 43);
          case "READY type" -> console.type("typed\n".getBytes(StandardCharsets.US_ASCII));
          case "READY attach" -> spare.attach(volumeDisk);
          case "READY detach" -> spare.detach();
          default -> {}
        }
      }
    }
  }

  @Test
  void aGuestUsesItsDisksItsConsoleAndRandomBytes() throws Exception {
    HvSim sim = HvSim.require("library", "linux");
    try (DiskImage scratchDisk = DiskImage.open(scratch, false);
        DiskImage volumeDisk = DiskImage.open(volume, false)) {
      boot(sim, scratchDisk, volumeDisk);
    }
    assertThat(log.lines())
        .as(whole())
        .contains("RESULT PASS", "SHOW window 132 43", "SHOW /sys/block/vda/serial scratch")
        .contains("SHOW /sys/block/vdb/serial spare-0", "SHOW /sys/block/vda/size 131072")
        .contains("SHOW /sys/block/vda/queue/physical_block_size 4096")
        .contains("SHOW /sys/block/vda/queue/write_cache write back")
        .contains("SHOW /sys/block/vda/queue/discard_max_bytes " + 128 * MIB)
        .noneMatch(line -> line.startsWith("FAIL") || line.contains("WARNING:"))
        .noneMatch(line -> line.contains("I/O error"));
    assertThat(told).isEmpty();
    assertThat(terminal.toString(StandardCharsets.ISO_8859_1)).startsWith("hello from hvc0\n");
    byte[] printed = terminal.toByteArray();
    assertThat(Arrays.copyOfRange(printed, 16, printed.length)).isEqualTo(pattern(65536, 5));
    assertScratch();
    assertVolume();
  }

  private void assertScratch() throws Exception {
    run("e2fsck", "-f", "-n", scratch.toString());
    Path kept = folder.resolve("kept");
    run("debugfs", "-R", "dump /kept " + kept, scratch.toString());
    assertThat(Files.readAllBytes(kept)).isEqualTo(pattern(8 * MIB, 42));
    // 11 MiB of files, metadata and journal: of the 24 MiB that are gone, nothing is left.
    assertThat(usedBy(scratch)).isLessThan(20 * MIB);
  }

  private static long usedBy(Path image) throws IOException {
    return FolderUsage.measure(image.resolveSibling("")).usedBytes();
  }

  private void assertVolume() throws IOException {
    byte[] expected = new byte[16 * MIB];
    Arrays.fill(expected, OLD);
    System.arraycopy(pattern(MIB, 99), 0, expected, 4 * MIB, MIB);
    Arrays.fill(expected, 4 * MIB + 512, 4 * MIB + 1536, (byte) 0);
    Arrays.fill(expected, 8 * MIB, 12 * MIB, (byte) 0);
    assertThat(Arrays.mismatch(Files.readAllBytes(volume), expected)).isEqualTo(-1);
    assertThat(usedBy(volume)).isLessThan(12 * MIB + MIB / 4);
  }
}
