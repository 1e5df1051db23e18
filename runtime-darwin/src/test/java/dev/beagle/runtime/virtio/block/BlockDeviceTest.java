package dev.beagle.runtime.virtio.block;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.runtime.virtio.VirtioDevice;
import dev.beagle.runtime.virtio.mmio.VirtioRequestContract;
import dev.beagle.time.Time;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The device on a disk in memory. */
final class BlockDeviceTest extends VirtioRequestContract {
  private static final int SECTORS = 64;

  private final MemoryDisk disk = new MemoryDisk(SECTORS * 512);
  private final List<Failure> told = Collections.synchronizedList(new ArrayList<>());
  private final BlockDevice block = BlockDevice.of("scratch", disk, told::add, Time.system());

  @Override
  protected VirtioDevice device() {
    return block;
  }

  @Override
  protected Example example() {
    return new Example(0, MemorySegment.ofArray(BlockDriver.header(BlockRequest.IN, 3)), 512 + 1);
  }

  @Override
  protected void check(byte[] room, int used) {
    assertThat(used).isEqualTo(513);
    assertThat(room[512]).isEqualTo(BlockRequest.OK);
    assertThat(room).startsWith(disk.bytes(3 * 512, 512));
  }

  private BlockDriver begun() {
    driver.begin();
    return new BlockDriver(driver);
  }

  @Test
  void whatIsWrittenIsReadAgain() throws InterruptedException {
    BlockDriver guest = begun();
    byte[] data = BlockDriver.numbered(7 * 512);
    assertThat(guest.write(5, data)).isEqualTo(BlockRequest.OK);
    assertThat(driver.usedLength(0)).isOne();
    assertThat(disk.bytes(5 * 512, data.length)).isEqualTo(data);
    assertThat(guest.read(4, 9 * 512)).isEqualTo(disk.bytes(4 * 512, 9 * 512));
    assertThat(driver.usedLength(0)).isEqualTo(9 * 512 + 1);
  }

  @Test
  void nothingBeyondTheEndIsReachedWhateverTheArithmetic() throws InterruptedException {
    BlockDriver guest = begun();
    byte[] before = disk.bytes(0, SECTORS * 512);
    long[] sectors = {
      SECTORS, SECTORS - 1, Long.MAX_VALUE, -1, Long.MIN_VALUE, 1L << 55, (1L << 55) - 1, -2
    };
    for (long sector : sectors) {
      assertThat(guest.write(sector, new byte[1024])).isEqualTo(BlockRequest.IOERR);
      assertThat(guest.ask(BlockRequest.IN, sector, new byte[0], 1024))
          .isEqualTo(BlockRequest.IOERR);
      assertThat(driver.usedLength(0)).isZero();
      for (int type : List.of(BlockRequest.DISCARD, BlockRequest.WRITE_ZEROES)) {
        assertThat(guest.ranges(type, sector, 2, 0)).isEqualTo(BlockRequest.IOERR);
      }
    }
    assertThat(guest.ranges(BlockRequest.WRITE_ZEROES, 0, -1, 0)).isEqualTo(BlockRequest.IOERR);
    assertThat(disk.bytes(0, SECTORS * 512)).isEqualTo(before);
    assertThat(guest.read(SECTORS - 1, 512)).isEqualTo(disk.bytes((SECTORS - 1) * 512, 512));
    assertThat(told).isEmpty();
  }

  @Test
  void dataThatIsNoWholeSectorsIsAnError() throws InterruptedException {
    BlockDriver guest = begun();
    assertThat(guest.write(0, new byte[513])).isEqualTo(BlockRequest.IOERR);
    assertThat(guest.ask(BlockRequest.IN, 0, new byte[0], 511)).isEqualTo(BlockRequest.IOERR);
    assertThat(guest.ask(BlockRequest.DISCARD, 0, new byte[15], 0)).isEqualTo(BlockRequest.IOERR);
    assertThat(guest.ask(BlockRequest.DISCARD, 0, new byte[0], 0)).isEqualTo(BlockRequest.IOERR);
    assertThat(guest.ask(BlockRequest.DISCARD, 0, new byte[33 * 16], 0))
        .isEqualTo(BlockRequest.IOERR);
  }

  @Test
  void theSerialIsPaddedWithZeros() throws InterruptedException {
    BlockDriver guest = begun();
    assertThat(guest.ask(BlockRequest.GET_ID, 0, new byte[0], 20)).isEqualTo(BlockRequest.OK);
    assertThat(guest.data(20)).startsWith('s', 'c', 'r', 'a', 't', 'c', 'h', 0).hasSize(20);
    assertThat(guest.ask(BlockRequest.GET_ID, 0, new byte[0], 19)).isEqualTo(BlockRequest.IOERR);
  }

  @Test
  void typesAndFlagsThatWereNotOfferedAreSaidToBeUnsupported() throws InterruptedException {
    BlockDriver guest = begun();
    for (int type : List.of(2, 3, 5, 7, 9, 10, 12, 14, 15, 26, -1, Integer.MIN_VALUE)) {
      assertThat(guest.ask(type, 0, new byte[512], 6)).isEqualTo(BlockRequest.UNSUPP);
    }
    assertThat(guest.ranges(BlockRequest.DISCARD, 0, 8, 1)).isEqualTo(BlockRequest.UNSUPP);
    assertThat(guest.ranges(BlockRequest.WRITE_ZEROES, 0, 8, 2)).isEqualTo(BlockRequest.UNSUPP);
  }

  @Test
  void whatTheDriverDidNotAcceptIsUnsupportedAndWritesAreThenStable() throws InterruptedException {
    driver.begin(1L << 32);
    BlockDriver guest = new BlockDriver(driver);
    for (int type : List.of(BlockRequest.DISCARD, BlockRequest.WRITE_ZEROES)) {
      assertThat(guest.ranges(type, 0, 8, 0)).isEqualTo(BlockRequest.UNSUPP);
    }
    assertThat(guest.ask(BlockRequest.FLUSH, 0, new byte[0], 0)).isEqualTo(BlockRequest.UNSUPP);
    assertThat(disk.syncs()).isZero();
    assertThat(guest.write(0, new byte[512])).isEqualTo(BlockRequest.OK);
    assertThat(disk.syncs()).isOne();
  }

  @Test
  void rangesAreDiscardedAndZeroed() throws InterruptedException {
    BlockDriver guest = begun();
    ByteBuffer two = ByteBuffer.allocate(32).order(ByteOrder.LITTLE_ENDIAN);
    two.putLong(0).putInt(8).putInt(0).putLong(16).putInt(8).putInt(0);
    assertThat(guest.ask(BlockRequest.DISCARD, 0, two.array(), 0)).isEqualTo(BlockRequest.OK);
    assertThat(disk.log()).containsExactly("discard 0+4096", "discard 8192+4096");
    assertThat(guest.ranges(BlockRequest.WRITE_ZEROES, 3, 9, 1)).isEqualTo(BlockRequest.OK);
    assertThat(guest.ranges(BlockRequest.WRITE_ZEROES, 30, 2, 0)).isEqualTo(BlockRequest.OK);
    assertThat(disk.log()).contains("zero 1536+4608, unmapped", "zero 15360+1024").hasSize(4);
  }

  @Test
  void readOnlyDisksOfferNoWritingAndRefuseIt() throws InterruptedException {
    MemoryDisk fixed = new MemoryDisk(4096);
    fixed.setReadOnly();
    BlockDevice device = BlockDevice.of("layer", fixed, told::add, Time.system());
    assertThat(device.traits().features() & BlockConfig.RO).isNotZero();
    assertThat(device.traits().features() & BlockConfig.DISCARD).isZero();
    try (BlockDriver guest = BlockDriver.of(device)) {
      assertThat(guest.write(0, new byte[512])).isEqualTo(BlockRequest.IOERR);
      assertThat(guest.flush()).isEqualTo(BlockRequest.OK);
      assertThat(guest.read(0, 512)).isEqualTo(fixed.bytes(0, 512));
    }
    assertThat(fixed.syncs()).isZero();
    BlockDevice spare = BlockDevice.spare("spare", told::add, Time.system());
    spare.attach(fixed);
    try (BlockDriver guest = BlockDriver.of(spare)) {
      assertThat(guest.write(0, new byte[512])).isEqualTo(BlockRequest.IOERR);
      for (int type : List.of(BlockRequest.DISCARD, BlockRequest.WRITE_ZEROES)) {
        assertThat(guest.ranges(type, 0, 1, 0)).isEqualTo(BlockRequest.IOERR);
      }
    }
    assertThat(told).isEmpty();
  }

  @Test
  void aSpareDiskComesAndGoesWhileTheGuestRuns() throws InterruptedException {
    BlockDevice spare = BlockDevice.spare("spare-1", told::add, Time.system());
    try (BlockDriver guest = BlockDriver.of(spare)) {
      assertThat(guest.capacity()).isZero();
      assertThat(guest.write(0, new byte[512])).isEqualTo(BlockRequest.IOERR);
      assertThat(guest.ask(BlockRequest.GET_ID, 0, new byte[0], 20)).isEqualTo(BlockRequest.OK);
      assertThat(guest.data(20)).startsWith('s', 'p', 'a', 'r', 'e', '-', '1', 0);
      spare.attach(disk);
      guest.awaitConfigurationChange();
      assertThat(guest.capacity()).isEqualTo(SECTORS);
      assertThat(guest.write(1, BlockDriver.numbered(512))).isEqualTo(BlockRequest.OK);
      assertThatThrownBy(() -> spare.attach(disk))
          .isInstanceOfSatisfying(
              Failure.class,
              failure -> assertThat(failure.kind()).isEqualTo(FailureKind.WRONG_STATE))
          .hasMessageContaining("disk-spare-1 has a disk already");
      spare.detach();
      guest.awaitConfigurationChange();
      assertThat(guest.capacity()).isZero();
      assertThat(guest.ask(BlockRequest.IN, 1, new byte[0], 512)).isEqualTo(BlockRequest.IOERR);
      assertThat(guest.flush()).isEqualTo(BlockRequest.IOERR);
    }
    assertThat(told).isEmpty();
  }

  @Test
  void anErrorOfTheHostIsToldOnceOfEachKind() throws InterruptedException {
    BlockDriver guest = begun();
    disk.failWith(Failure.exhausted("fdatasync /x/scratch.img: No space left on device"));
    for (int i = 0; i < 3; i++) {
      assertThat(guest.flush()).isEqualTo(BlockRequest.IOERR);
    }
    disk.failWith(Failure.internal("fdatasync /x/scratch.img: Input/output error"));
    assertThat(guest.flush()).isEqualTo(BlockRequest.IOERR);
    assertThat(guest.ask(BlockRequest.IN, 0, new byte[0], 512)).isEqualTo(BlockRequest.IOERR);
    assertThat(told)
        .extracting(Failure::reason)
        .containsExactly(
            "disk scratch: fdatasync /x/scratch.img: No space left on device; the guest got an"
                + " I/O error",
            "disk scratch: fdatasync /x/scratch.img: Input/output error; the guest got an I/O"
                + " error");
    assertThat(told)
        .extracting(Failure::kind)
        .containsExactly(FailureKind.EXHAUSTED, FailureKind.INTERNAL);
  }

  @Test
  void serialsThatDoNotFitAreRefused() {
    for (String serial : List.of("", "x".repeat(21))) {
      assertThatThrownBy(() -> BlockDevice.spare(serial, told::add, Time.system()))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }
}
