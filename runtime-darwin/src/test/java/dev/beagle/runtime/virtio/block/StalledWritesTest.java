package dev.beagle.runtime.virtio.block;

import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.failure.Failure;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a guest sees of a host whose disk is full. */
@Timeout(60)
final class StalledWritesTest {
  private static final String WAITS =
      "disk scratch: pwritev /x.img: No space left on device; the guest's writes wait until there"
          + " is room on that disk of the host";
  private static final String GOES_ON = "disk scratch: the guest's writes go on";

  private final MemoryDisk disk = new MemoryDisk(64 * 512);
  private final Pauses pauses = new Pauses();
  private final BlockingQueue<String> told = new LinkedBlockingQueue<>();
  private final BlockDevice block =
      BlockDevice.of(
          "scratch",
          disk,
          new DiskOwner() {
            @Override
            public void failed(Failure error) {
              told.add(error.reason());
            }

            @Override
            public void resumed(String message) {
              told.add(message);
            }
          },
          pauses);
  private final BlockDriver guest = BlockDriver.of(block);

  @AfterEach
  void close() {
    guest.close();
  }

  private void stall(int type, byte[] data) throws InterruptedException {
    disk.fillUp(Failure.exhausted("pwritev /x.img: No space left on device"));
    guest.send(type, 5, data, 0);
    assertThat(told.take()).isEqualTo(WAITS);
  }

  private static byte[] filled(int with) {
    return filled(with, 512);
  }

  private static byte[] filled(int with, int length) {
    byte[] data = new byte[length];
    Arrays.fill(data, (byte) with);
    return data;
  }

  private static byte[] range() {
    return ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN).putInt(8, 8).array();
  }

  @Test
  void aWriteIsCarriedOutOnceThereIsRoom() throws InterruptedException {
    byte[] data = filled(7, 1024);
    stall(BlockRequest.OUT, data);
    assertThat(guest.used()).isZero();
    disk.makeRoom();
    pauses.end();
    guest.awaitUsed(1);
    assertThat(guest.status(0)).isEqualTo(BlockRequest.OK);
    assertThat(disk.bytes(5 * 512, 1024)).isEqualTo(data);
    assertThat(told.take()).isEqualTo(GOES_ON);
  }

  @Test
  void thePausesGrowUntilThereIsRoomAndBeginAnewTheNextTime() throws InterruptedException {
    for (int time = 1; time <= 2; time++) {
      stall(BlockRequest.OUT, filled(time));
      List<Long> millis = new ArrayList<>();
      millis.add(pauses.begun().toMillis());
      for (int tries = 0; tries < 6; tries++) {
        pauses.end();
        millis.add(pauses.begun().toMillis());
      }
      assertThat(millis).containsExactly(100L, 200L, 400L, 800L, 1600L, 2000L, 2000L);
      assertThat(guest.used()).isEqualTo(time - 1);
      disk.makeRoom();
      pauses.end();
      guest.awaitUsed(time);
      assertThat(disk.bytes(5 * 512, 512)).isEqualTo(filled(time));
      assertThat(told.take()).isEqualTo(GOES_ON);
    }
    assertThat(told).isEmpty();
  }

  @Test
  void whatIsToChangeTheSameSectorsStaysBehindAndTheRestGoesOn() throws InterruptedException {
    stall(BlockRequest.OUT, filled(1, 1024));
    disk.makeRoom();
    guest.beside().send(BlockRequest.OUT, 6, filled(2), 0);
    guest.awaitTaken();
    BlockDriver elsewhere = guest.beside().beside();
    elsewhere.send(BlockRequest.OUT, 7, filled(3), 0);
    guest.awaitUsed(1);
    assertThat(disk.bytes(7 * 512, 512)).isEqualTo(filled(3));
    assertThat(elsewhere.status(0)).isEqualTo(BlockRequest.OK);
    pauses.end();
    guest.awaitUsed(3);
    assertThat(disk.bytes(5 * 512, 512)).isEqualTo(filled(1));
    assertThat(disk.bytes(6 * 512, 512)).isEqualTo(filled(2));
    assertThat(told.take()).isEqualTo(GOES_ON);
  }

  @Test
  void rangesBeyondAnyDiskMeetNothingThatWaits() throws InterruptedException {
    stall(BlockRequest.OUT, filled(1));
    BlockDriver beside = guest.beside();
    for (long sector : new long[] {-1, Long.MIN_VALUE, Long.MAX_VALUE, 64}) {
      assertThat(beside.write(sector, filled(2))).isEqualTo(BlockRequest.IOERR);
    }
  }

  @Test
  void aDiscardWaitsWhereHolesTakeRoom() throws InterruptedException {
    disk.letHolesTakeRoom();
    stall(BlockRequest.DISCARD, range());
    disk.makeRoom();
    pauses.end();
    guest.awaitUsed(1);
    assertThat(guest.status(0)).isEqualTo(BlockRequest.OK);
    assertThat(disk.log()).containsExactly("discard 0+4096");
    assertThat(told.take()).isEqualTo(GOES_ON);
  }

  /** The host may have dropped what it had no room for: the next flush would be a lie. */
  @Test
  void aFlushWithoutRoomIsAnErrorAtOnce() throws InterruptedException {
    disk.failWith(Failure.exhausted("fdatasync /x.img: No space left on device"));
    assertThat(guest.flush()).isEqualTo(BlockRequest.IOERR);
    assertThat(told.take())
        .isEqualTo(
            "disk scratch: fdatasync /x.img: No space left on device; the guest got an I/O error");
  }

  @Test
  void readsAndWhatNeedsNoRoomGoOnMeanwhile() throws InterruptedException {
    stall(BlockRequest.WRITE_ZEROES, range());
    BlockDriver beside = guest.beside();
    assertThat(beside.read(1, 512)).isEqualTo(disk.bytes(512, 512));
    assertThat(beside.flush()).isEqualTo(BlockRequest.OK);
    assertThat(disk.log()).isEmpty();
    disk.makeRoom();
    pauses.end();
    guest.awaitUsed(3);
    assertThat(guest.status(0)).isEqualTo(BlockRequest.OK);
    assertThat(disk.log()).containsExactly("zero 0+4096");
    assertThat(told.take()).isEqualTo(GOES_ON);
  }

  @Test
  void eachTimeItIsTold() throws InterruptedException {
    for (int time = 1; time <= 2; time++) {
      stall(BlockRequest.OUT, new byte[512]);
      disk.makeRoom();
      pauses.end();
      guest.awaitUsed(time);
      assertThat(told.take()).isEqualTo(GOES_ON);
    }
    assertThat(told).isEmpty();
  }

  @Test
  void manyThatWaitAreToldAsOneAndAllCarriedOut() throws InterruptedException {
    stall(BlockRequest.OUT, new byte[512]);
    for (int more = 0; more < 20; more++) {
      guest.send(BlockRequest.OUT, 5, new byte[512], 0);
    }
    guest.awaitTaken();
    disk.makeRoom();
    pauses.end();
    guest.awaitUsed(21);
    assertThat(told.take()).isEqualTo(GOES_ON);
    assertThat(told).isEmpty();
  }

  @Test
  void aResetDoesNotWaitForRoomAndNothingIsWrittenLater() throws InterruptedException {
    byte[] before = disk.bytes(5 * 512, 512);
    stall(BlockRequest.OUT, new byte[512]);
    guest.reset();
    disk.makeRoom();
    assertThat(disk.bytes(5 * 512, 512)).isEqualTo(before);
    assertThat(guest.status(0)).isEqualTo((byte) 0x5a);
    assertThat(told).isEmpty();
  }

  @Test
  void aStallAfterAResetIsToldAgain() throws InterruptedException {
    stall(BlockRequest.OUT, new byte[512]);
    guest.reset();
    guest.begin();
    stall(BlockRequest.OUT, new byte[512]);
    assertThat(told).isEmpty();
  }

  @Test
  void aDiskThatIsTakenAwayEndsTheWaitWithAnErrorWhateverComesAfterIt()
      throws InterruptedException {
    stall(BlockRequest.OUT, new byte[512]);
    block.detach();
    MemoryDisk other = new MemoryDisk(64 * 512);
    block.attach(other);
    pauses.end();
    guest.awaitUsed(1);
    assertThat(guest.status(0)).isEqualTo(BlockRequest.IOERR);
    assertThat(other.bytes(5 * 512, 512)).isEqualTo(new MemoryDisk(64 * 512).bytes(5 * 512, 512));
    assertThat(told).isEmpty();
  }
}
