package dev.beagle.runtime.virtio.block;

import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.failure.Failure;
import dev.beagle.time.Time;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
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
          Time.system());
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

  private static byte[] range() {
    return ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN).putInt(8, 8).array();
  }

  @Test
  void aWriteIsCarriedOutOnceThereIsRoom() throws InterruptedException {
    byte[] data = new byte[1024];
    Arrays.fill(data, (byte) 7);
    stall(BlockRequest.OUT, data);
    assertThat(guest.used()).isZero();
    disk.makeRoom();
    guest.awaitUsed(1);
    assertThat(guest.status(0)).isEqualTo(BlockRequest.OK);
    assertThat(disk.bytes(5 * 512, 1024)).isEqualTo(data);
    assertThat(told.take()).isEqualTo(GOES_ON);
  }

  @Test
  void readsAndWhatNeedsNoRoomGoOnMeanwhile() throws InterruptedException {
    stall(BlockRequest.WRITE_ZEROES, range());
    BlockDriver beside = guest.beside();
    assertThat(beside.read(1, 512)).isEqualTo(disk.bytes(512, 512));
    assertThat(beside.flush()).isEqualTo(BlockRequest.OK);
    assertThat(disk.log()).isEmpty();
    disk.makeRoom();
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
  void aDiskThatIsTakenAwayEndsTheWaitWithAnErrorWhateverComesAfterIt()
      throws InterruptedException {
    stall(BlockRequest.OUT, new byte[512]);
    block.detach();
    MemoryDisk other = new MemoryDisk(64 * 512);
    block.attach(other);
    guest.awaitUsed(1);
    assertThat(guest.status(0)).isEqualTo(BlockRequest.IOERR);
    assertThat(other.bytes(5 * 512, 512)).isEqualTo(new MemoryDisk(64 * 512).bytes(5 * 512, 512));
    assertThat(told).isEmpty();
  }
}
