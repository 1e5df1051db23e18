package dev.beagle.runtime.virtio.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.failure.Failure;
import dev.beagle.runtime.virtio.VirtioDevice;
import dev.beagle.runtime.virtio.mmio.MmioDriver;
import dev.beagle.runtime.virtio.mmio.VirtioDeviceContract;
import dev.beagle.time.Time;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The card over its rings, with a socket where the switch would be. */
final class NetDeviceTest extends VirtioDeviceContract {
  private static final int RX = 0;
  private static final int TX = 1;
  private static final byte[] MAC = {2, 0, 0, 0, 0, 7};
  private static final long TX_DATA = MmioDriver.DATA + 0x8_0000;
  private static final int BUFFER = 1536;

  private final Path folder = temporaryFolder();
  private final Path address = folder.resolve("port.sock");
  private final ServerSocketChannel server = listen();
  private final NetDevice device = new NetDevice(MAC, Time.system());
  private int rxSeen;

  private static Path temporaryFolder() {
    try {
      return Files.createTempDirectory("net");
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
  }

  private ServerSocketChannel listen() {
    try {
      return ServerSocketChannel.open(StandardProtocolFamily.UNIX)
          .bind(UnixDomainSocketAddress.of(address));
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
  }

  private void join() {
    device.join(address, "pod-1", "secret");
  }

  @Override
  protected VirtioDevice device() {
    return device;
  }

  @AfterEach
  void closeAll() throws IOException {
    driver.close();
    device.close();
    server.close();
    Files.deleteIfExists(address);
    Files.delete(folder);
  }

  /** The switch takes the port. */
  private SocketChannel admit() throws IOException {
    SocketChannel port = server.accept();
    String expected = "PORT 1 pod-1 secret\n";
    assertThat(new String(read(port, expected.length()), StandardCharsets.UTF_8))
        .isEqualTo(expected);
    port.write(ByteBuffer.wrap("OK\n".getBytes(StandardCharsets.UTF_8)));
    return port;
  }

  private SocketChannel begin() throws IOException, InterruptedException {
    join();
    SocketChannel port = admit();
    driver.begin();
    rxSeen = 0;
    awaitLink(port);
    return port;
  }

  /** The switch has admitted the card before the card knows: until then frames are lost. */
  private void awaitLink(SocketChannel port) throws IOException, InterruptedException {
    long lost;
    do {
      lost = device.dropped();
      send(frame(26));
    } while (device.dropped() > lost);
    assertThat(readFrame(port)).isEqualTo(frame(26));
  }

  private static byte[] read(SocketChannel from, int length) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(length);
    while (buffer.hasRemaining()) {
      assertThat(from.read(buffer)).isPositive();
    }
    return buffer.array();
  }

  private static byte[] frame(int length) {
    byte[] frame = new byte[length];
    new Random(length).nextBytes(frame);
    // A header without offloads.
    for (int i = 0; i < FramesIn.HEADER; i++) {
      frame[i] = 0;
    }
    return frame;
  }

  private void send(byte[] frame) throws InterruptedException {
    int before = driver.usedIndex(TX);
    driver.memory.slice(TX_DATA, frame.length).asByteBuffer().put(frame);
    driver.offer(TX, TX_DATA, frame.length, 0);
    driver.kick(TX);
    driver.awaitUsed(TX, before);
  }

  private static byte[] readFrame(SocketChannel port) throws IOException {
    return read(port, ByteBuffer.wrap(read(port, 4)).getInt());
  }

  private static void writeFrame(SocketChannel port, byte[] frame) throws IOException {
    ByteBuffer all = ByteBuffer.allocate(4 + frame.length).putInt(frame.length).put(frame).flip();
    while (all.hasRemaining()) {
      port.write(all);
    }
  }

  /** Gives the device buffers, one descriptor each. */
  private void giveBuffers(int count) {
    for (int head = 0; head < count; head++) {
      driver.offer(RX, head, MmioDriver.DATA + (long) head * BUFFER, BUFFER, 2);
    }
    driver.kick(RX);
  }

  /** Takes a frame out of its buffers, which are the next of those given. */
  private byte[] receive() throws InterruptedException {
    driver.awaitUsed(RX, rxSeen);
    int buffers = driver.memory.getShort(MmioDriver.DATA + (long) rxSeen * BUFFER + 10);
    assertThat(driver.usedIndex(RX) - rxSeen).isGreaterThanOrEqualTo(buffers);
    ByteBuffer frame = ByteBuffer.allocate(1 << 17);
    for (int i = 0; i < buffers; i++) {
      int length = driver.usedLength(RX, rxSeen);
      long start = MmioDriver.DATA + (long) rxSeen * BUFFER;
      frame.put(driver.memory.slice(start, length).asByteBuffer());
      rxSeen++;
    }
    byte[] bytes = new byte[frame.flip().remaining()];
    frame.get(bytes);
    // As it was sent, where no driver had looked at it.
    bytes[10] = 0;
    bytes[11] = 0;
    return bytes;
  }

  @Test
  void theDriverReadsAddressAndLink() {
    assertThat(driver.read(0x100)).isEqualTo(0x00000002);
    assertThat(driver.read(0x104)).isEqualTo(0x0001_0700);
    assertThat(driver.read(0x108)).isEqualTo(1);
  }

  @Test
  void framesGoBothWaysAsTheyAre() throws Exception {
    SocketChannel port = begin();
    giveBuffers(100);
    for (int length : new int[] {26, 60, 1514, 9000, 65_605}) {
      send(frame(length));
      assertThat(readFrame(port)).isEqualTo(frame(length));
      writeFrame(port, frame(length));
      assertThat(receive()).isEqualTo(frame(length));
    }
  }

  @Test
  void aBurstThatTheSwitchDoesNotReadWaitsAndArrivesWhole() throws Exception {
    SocketChannel port = begin();
    // More than the card's buffer and both sockets' together take.
    for (int head = 0; head < 200; head++) {
      driver.offer(TX, head, TX_DATA, 60_000, 0);
    }
    driver.kick(TX);
    for (int head = 0; head < 200; head++) {
      assertThat(readFrame(port)).hasSize(60_000);
    }
  }

  @Test
  void framesWaitInTheSocketUntilTheGuestHasBuffers() throws Exception {
    SocketChannel port = begin();
    for (int i = 0; i < 50; i++) {
      writeFrame(port, frame(3000 + i));
    }
    giveBuffers(150);
    for (int i = 0; i < 50; i++) {
      assertThat(receive()).isEqualTo(frame(3000 + i));
    }
  }

  @Test
  void aDriverWithoutOffloadsIsSparedFramesThatNeedThem() throws Exception {
    join();
    SocketChannel port = admit();
    driver.begin(1L << 32);
    rxSeen = 0;
    driver.offer(RX, MmioDriver.DATA, 65_605, 2);
    driver.kick(RX);
    byte[] unfinished = frame(100);
    unfinished[0] = 1;
    writeFrame(port, unfinished);
    byte[] segmented = frame(5000);
    segmented[1] = 1;
    writeFrame(port, segmented);
    byte[] odd = frame(200);
    odd[1] = 77;
    writeFrame(port, odd);
    writeFrame(port, frame(2000));
    assertThat(receive()).isEqualTo(frame(2000));
    assertThat(device.dropped()).isEqualTo(3);
  }

  @Test
  void whatCannotBeAFrameGoesNowhere() throws Exception {
    SocketChannel port = begin();
    long lost = device.dropped();
    send(frame(25));
    send(frame(65_606));
    send(frame(99));
    assertThat(readFrame(port)).isEqualTo(frame(99));
    assertThat(device.dropped() - lost).isEqualTo(2);
  }

  @Test
  void theLinkIsMadeAgainWhenTheSwitchIsReplacedOrOutOfStep() throws Exception {
    SocketChannel port = begin();
    giveBuffers(100);
    port.close();
    SocketChannel second = admit();
    writeFrame(second, frame(77));
    assertThat(receive()).isEqualTo(frame(77));
    second.write(ByteBuffer.allocate(8).putInt(70_000).putInt(0).flip());
    SocketChannel third = admit();
    writeFrame(third, frame(78));
    assertThat(receive()).isEqualTo(frame(78));
  }

  @Test
  void withoutASwitchFramesAreLostAndTheGuestGoesOn() throws Exception {
    driver.begin();
    send(frame(60));
    send(frame(61));
    join();
    SocketChannel port = admit();
    driver.kick(TX);
    writeFrame(port, frame(62));
    giveBuffers(10);
    rxSeen = 0;
    assertThat(receive()).isEqualTo(frame(62));
  }

  @Test
  void aRefusedPortIsTriedAgain() throws Exception {
    join();
    SocketChannel refused = server.accept();
    read(refused, "PORT 1 pod-1 secret\n".length());
    refused.write(ByteBuffer.wrap("ERROR no such port\n".getBytes(StandardCharsets.UTF_8)));
    admit();
  }

  @Test
  void aBufferThatHoldsNoHeaderCostsTheDevice() throws Exception {
    SocketChannel port = begin();
    driver.offer(RX, MmioDriver.DATA, 11, 2);
    driver.kick(RX);
    writeFrame(port, frame(60));
    driver.awaitConfigurationChange();
  }

  @Test
  void namesThatAreNoWordAreRefused() {
    assertThatThrownBy(() -> device.join(address, "a b", "t")).isInstanceOf(Failure.class);
    assertThatThrownBy(() -> device.join(address, "a", "t\nx")).isInstanceOf(Failure.class);
    assertThatThrownBy(() -> device.join(address, "", "t")).isInstanceOf(Failure.class);
    join();
    assertThatThrownBy(this::join).hasMessageContaining("already");
  }
}
