package dev.beagle.runtime.virtio.vsock;

import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.runtime.virtio.VirtioDevice;
import dev.beagle.runtime.virtio.mmio.Chains;
import dev.beagle.runtime.virtio.mmio.Chains.Piece;
import dev.beagle.runtime.virtio.mmio.MmioDriver;
import dev.beagle.runtime.virtio.mmio.VirtioDeviceContract;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The device over its rings, with real sockets at the host's ends. */
final class VsockDeviceTest extends VirtioDeviceContract {
  private static final int RX = 0;
  private static final int TX = 1;
  private static final int AGENT = 1024;
  private static final int WINDOW = 256 * 1024;
  private static final long RX_DATA = MmioDriver.DATA;
  private static final long TX_DATA = MmioDriver.DATA + 0x2_0000;

  /** The device's end of a socket, and its user's. */
  private record Pair(SocketChannel device, SocketChannel user) {}

  /** A packet that the guest got. */
  private record Packet(VsockHeader header, ByteBuffer payload) {
    String text() {
      return StandardCharsets.UTF_8.decode(payload.duplicate()).toString();
    }
  }

  @TempDir private Path folder;
  private ServerSocketChannel server;
  private final BlockingQueue<String> taken = new LinkedBlockingQueue<>();
  private final CountDownLatch ended = new CountDownLatch(1);
  private final VsockDevice device = new VsockDevice();
  private int rxSeen;
  private int forwarded;

  private record Collected(BlockingQueue<String> taken, CountDownLatch ended)
      implements GuestOutput {
    @Override
    public void write(ByteBuffer bytes) throws IOException {
      String text = StandardCharsets.UTF_8.decode(bytes).toString();
      if (text.equals("too much")) {
        throw new IOException("it is");
      }
      taken.add(text);
    }

    @Override
    public void close() {
      ended.countDown();
    }
  }

  @Override
  protected VirtioDevice device() {
    return device;
  }

  @BeforeEach
  void listen() throws IOException {
    server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(folder.resolve("s")));
  }

  @AfterEach
  void closeAll() throws IOException {
    server.close();
    driver.close();
  }

  private Pair pair() throws IOException {
    SocketChannel user = SocketChannel.open(server.getLocalAddress());
    return new Pair(server.accept(), user);
  }

  private void begin() {
    driver.begin();
    rxSeen = 0;
    driver.offer(RX, RX_DATA, 4096, 2);
    driver.kick(RX);
  }

  /** Takes the next packet and gives the buffer again. */
  private Packet receive() throws InterruptedException {
    driver.awaitUsed(RX, rxSeen);
    rxSeen = driver.usedIndex(RX);
    ByteBuffer bytes = ByteBuffer.allocate(driver.usedLength(RX));
    bytes.put(driver.memory.slice(RX_DATA, bytes.capacity()).asByteBuffer()).flip();
    VsockHeader header = VsockHeader.read(bytes);
    driver.offer(RX, RX_DATA, 4096, 2);
    driver.kick(RX);
    return new Packet(header, bytes.slice());
  }

  /** Sends a packet as the answer to one of the host's, and waits until it was taken. */
  private void answer(VsockHeader to, int operation, int flags, byte[] payload)
      throws InterruptedException {
    ByteBuffer bytes = ByteBuffer.allocate(VsockHeader.BYTES + payload.length);
    new VsockHeader(
            to.targetCid(),
            to.sourceCid(),
            to.targetPort(),
            to.sourcePort(),
            payload.length,
            VsockHeader.STREAM,
            operation,
            flags,
            WINDOW,
            forwarded)
        .write(bytes, 0);
    bytes.put(VsockHeader.BYTES, payload);
    int before = driver.usedIndex(TX);
    driver.memory.slice(TX_DATA, bytes.capacity()).asByteBuffer().put(bytes.clear());
    driver.offer(TX, TX_DATA, bytes.capacity(), 0);
    driver.kick(TX);
    driver.awaitUsed(TX, before);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String read(SocketChannel from, int length) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(length);
    int count = 0;
    while (buffer.hasRemaining() && count >= 0) {
      count = from.read(buffer);
    }
    return new String(buffer.array(), 0, buffer.position(), StandardCharsets.UTF_8);
  }

  /** A stream that the guest has accepted. */
  private VsockHeader open(Pair pair) throws InterruptedException {
    device.connect(pair.device, AGENT);
    VsockHeader request = receive().header();
    assertThat(request.operation()).isEqualTo(VsockHeader.REQUEST);
    assertThat(request.targetPort()).isEqualTo(AGENT);
    assertThat(request.targetCid()).isEqualTo(driver.read(0x100));
    answer(request, VsockHeader.RESPONSE, 0, new byte[0]);
    return request;
  }

  @Test
  void bytesGoBothWaysAndEndsAreHalves() throws Exception {
    begin();
    Pair pair = pair();
    pair.user.write(ByteBuffer.wrap(bytes("early")));
    VsockHeader stream = open(pair);
    assertThat(receive().text()).isEqualTo("early");
    answer(stream, VsockHeader.DATA, 0, bytes("hello"));
    assertThat(read(pair.user, 5)).isEqualTo("hello");
    pair.user.write(ByteBuffer.wrap(bytes("later")));
    assertThat(receive().text()).isEqualTo("later");
    pair.user.shutdownOutput();
    Packet end = receive();
    assertThat(end.header().operation()).isEqualTo(VsockHeader.SHUTDOWN);
    assertThat(end.header().flags()).isEqualTo(VsockHeader.NO_SEND);
    answer(stream, VsockHeader.DATA, 0, bytes("last words"));
    answer(stream, VsockHeader.SHUTDOWN, VsockHeader.NO_SEND, new byte[0]);
    assertThat(read(pair.user, 100)).isEqualTo("last words");
    assertThat(receive().header().operation()).isEqualTo(VsockHeader.RESET);
  }

  @Test
  void whereNobodyListensTheSocketIsClosed() throws Exception {
    begin();
    Pair pair = pair();
    device.connect(pair.device, AGENT);
    answer(receive().header(), VsockHeader.RESET, 0, new byte[0]);
    assertThat(read(pair.user, 1)).isEmpty();
  }

  @Test
  void withoutADriverAndAfterItsResetSocketsAreClosed() throws Exception {
    Pair early = pair();
    device.connect(early.device, AGENT);
    assertThat(read(early.user, 1)).isEmpty();
    begin();
    Pair pair = pair();
    open(pair);
    driver.write(0x70, 0);
    assertThat(read(pair.user, 1)).isEmpty();
  }

  @Test
  void theEndOfTheMachineClosesItsSockets() throws Exception {
    begin();
    Pair pair = pair();
    open(pair);
    driver.close();
    assertThat(read(pair.user, 1)).isEmpty();
    Pair late = pair();
    device.connect(late.device, AGENT);
    assertThat(read(late.user, 1)).isEmpty();
  }

  @Test
  void aSlowReaderOfTheHostGetsEveryByte() throws Exception {
    begin();
    Pair pair = pair();
    VsockHeader stream = open(pair);
    byte[] sent = new byte[64 * 1024];
    new Random(1).nextBytes(sent);
    // More than the socket's buffers take, less than was granted.
    for (int i = 0; i < 4; i++) {
      answer(stream, VsockHeader.DATA, 0, sent);
    }
    ByteBuffer got = ByteBuffer.allocate(4 * sent.length);
    while (got.hasRemaining()) {
      assertThat(pair.user.read(got)).isPositive();
    }
    for (int i = 0; i < 4; i++) {
      assertThat(got.slice(i * sent.length, sent.length)).isEqualTo(ByteBuffer.wrap(sent));
    }
    Packet credit = receive();
    assertThat(credit.header().operation()).isEqualTo(VsockHeader.CREDIT_UPDATE);
  }

  @Test
  void aSlowGuestGetsEveryByte() throws Exception {
    begin();
    Pair pair = pair();
    VsockHeader stream = open(pair);
    byte[] sent = new byte[1 << 20];
    new Random(2).nextBytes(sent);
    Thread writer =
        Thread.ofVirtual()
            .start(() -> {
              try {
                ByteBuffer left = ByteBuffer.wrap(sent);
                while (left.hasRemaining()) {
                  pair.user.write(left);
                }
              } catch (IOException error) {
                throw new UncheckedIOException(error);
              }
            });
    ByteBuffer got = ByteBuffer.allocate(sent.length);
    while (got.hasRemaining()) {
      Packet packet = receive();
      assertThat(packet.header().operation()).isEqualTo(VsockHeader.DATA);
      got.put(packet.payload());
      forwarded = got.position();
      answer(stream, VsockHeader.CREDIT_UPDATE, 0, new byte[0]);
    }
    writer.join();
    assertThat(got.flip()).isEqualTo(ByteBuffer.wrap(sent));
  }

  /** An output that the guest has accepted and that has greeted it. */
  private VsockHeader openOutput() throws InterruptedException {
    device.connect(new Collected(taken, ended), bytes("who is there"), AGENT);
    VsockHeader request = receive().header();
    assertThat(request.operation()).isEqualTo(VsockHeader.REQUEST);
    assertThat(request.targetPort()).isEqualTo(AGENT);
    answer(request, VsockHeader.RESPONSE, 0, new byte[0]);
    assertThat(receive().text()).isEqualTo("who is there");
    return request;
  }

  @Test
  void anOutputGreetsAndTakesTheGuestsBytesUntilItCloses() throws Exception {
    begin();
    VsockHeader stream = openOutput();
    answer(stream, VsockHeader.DATA, 0, bytes("a line"));
    assertThat(taken.take()).isEqualTo("a line");
    answer(stream, VsockHeader.SHUTDOWN, VsockHeader.NO_SEND | VsockHeader.NO_RECEIVE, new byte[0]);
    assertThat(receive().header().operation()).isEqualTo(VsockHeader.RESET);
    ended.await();
  }

  @Test
  void anOutputThatFailsIsResetAndClosed() throws Exception {
    begin();
    VsockHeader stream = openOutput();
    answer(stream, VsockHeader.DATA, 0, bytes("too much"));
    assertThat(receive().header().operation()).isEqualTo(VsockHeader.RESET);
    ended.await();
  }

  @Test
  void anOutputIsClosedWhereNobodyListens() throws Exception {
    begin();
    device.connect(new Collected(taken, ended), bytes("hello"), AGENT);
    answer(receive().header(), VsockHeader.RESET, 0, new byte[0]);
    ended.await();
  }

  @Test
  void theGuestCannotConnect() throws Exception {
    begin();
    VsockHeader fromHost =
        new VsockHeader(
            VsockConnections.HOST_CID, 3, 1025, 5000, 0, VsockHeader.STREAM, 0, 0, 0, 0);
    answer(fromHost, VsockHeader.REQUEST, 0, new byte[0]);
    assertThat(receive().header().operation()).isEqualTo(VsockHeader.RESET);
  }

  @Test
  void aBufferThatTakesNoPacketCostsTheDevice() throws Exception {
    driver.begin();
    driver.offer(RX, RX_DATA, VsockHeader.BYTES, 2);
    Pair pair = pair();
    device.connect(pair.device, AGENT);
    assertThat(driver.awaitInterrupt()).isEqualTo(2);
  }

  /** Packets that lie in parts of the guest's memory, with something between them. */
  private final class Parts {
    private static final int GAP = 3;
    private static final byte UNTOUCHED = 0x5a;

    private final List<Piece> pieces = new ArrayList<>();
    private final long base;
    private final boolean written;
    private long end;

    Parts(long base, boolean written) {
      this.base = base;
      this.written = written;
      this.end = base;
    }

    Parts of(int count, int length) {
      for (int i = 0; i < count; i++) {
        pieces.add(new Piece(end, length, written));
        end += length + GAP;
      }
      return this;
    }

    void fill(ByteBuffer packet) {
      for (Piece piece : pieces) {
        driver
            .memory
            .slice(piece.address(), piece.length())
            .asByteBuffer()
            .put(packet.slice(packet.position(), piece.length()));
        packet.position(packet.position() + piece.length());
      }
      assertThat(packet.remaining()).isZero();
    }

    void wipe() {
      driver.memory.slice(base, end - base).fill(UNTOUCHED);
    }

    /** What was written, of which nothing may lie between the parts or after them. */
    ByteBuffer read(int length) {
      ByteBuffer packet = ByteBuffer.allocate(length);
      for (Piece piece : pieces) {
        ByteBuffer part = driver.memory.slice(piece.address(), piece.length() + GAP).asByteBuffer();
        int count = Math.min(piece.length(), packet.remaining());
        packet.put(part.slice(0, count));
        part.position(count);
        while (part.hasRemaining()) {
          assertThat(part.get()).isEqualTo(UNTOUCHED);
        }
      }
      return packet.flip();
    }
  }

  @ParameterizedTest
  @EnumSource(Chains.Shape.class)
  void packetsInPartsAreTheSameBytesAndCreditCountsThem(Chains.Shape shape) throws Exception {
    Chains chains = new Chains(driver);
    driver.begin();
    // The header byte by byte, then across the payload's begin, then the payload in small parts.
    Parts room = new Parts(RX_DATA, true).of(43, 1).of(1, 5).of(40, 1).of(3, 20);
    room.wipe();
    chains.offer(RX, shape, room.pieces);
    driver.kick(RX);
    byte[] said = new byte[1000];
    new Random(3).nextBytes(said);

    Pair pair = pair();
    device.connect(pair.device, AGENT);
    driver.awaitUsed(RX, 0);
    VsockHeader stream = VsockHeader.read(room.read(driver.usedLength(RX)));
    assertThat(stream.operation()).isEqualTo(VsockHeader.REQUEST);

    send(chains, shape, stream, VsockHeader.RESPONSE, new byte[0]);
    pair.user.write(ByteBuffer.wrap(said));
    ByteBuffer heard = ByteBuffer.allocate(said.length);
    for (int taken = 1; heard.hasRemaining(); taken++) {
      room.wipe();
      chains.offer(RX, shape, room.pieces);
      driver.kick(RX);
      driver.awaitUsed(RX, taken);
      ByteBuffer packet = room.read(driver.usedLength(RX));
      VsockHeader header = VsockHeader.read(packet);
      assertThat(header.operation()).isEqualTo(VsockHeader.DATA);
      assertThat(header.length()).isEqualTo(packet.remaining()).isLessThanOrEqualTo(104);
      heard.put(packet);
    }
    assertThat(heard.flip()).isEqualTo(ByteBuffer.wrap(said));

    send(chains, shape, stream, VsockHeader.DATA, said);
    ByteBuffer answered = ByteBuffer.allocate(said.length);
    while (answered.hasRemaining()) {
      assertThat(pair.user.read(answered)).isPositive();
    }
    assertThat(answered.flip()).isEqualTo(ByteBuffer.wrap(said));
    int before = driver.usedIndex(RX);
    room.wipe();
    chains.offer(RX, shape, room.pieces);
    send(chains, shape, stream, VsockHeader.CREDIT_REQUEST, new byte[0]);
    driver.awaitUsed(RX, before);
    VsockHeader credit = VsockHeader.read(room.read(driver.usedLength(RX)));
    assertThat(credit.operation()).isEqualTo(VsockHeader.CREDIT_UPDATE);
    assertThat(credit.forwarded()).isEqualTo(said.length);
  }

  /** A packet of 1044 bytes at most, all of whose parts but the last ones are a byte long. */
  private void send(
      Chains chains, Chains.Shape shape, VsockHeader to, int operation, byte[] payload)
      throws InterruptedException {
    Parts parts = new Parts(TX_DATA, false).of(43, 1);
    if (payload.length == 0) {
      parts.of(1, 1);
    } else {
      parts.of(1, 2).of(100, 1).of(1, payload.length - 101);
    }
    ByteBuffer packet = ByteBuffer.allocate(VsockHeader.BYTES + payload.length);
    new VsockHeader(
            to.targetCid(),
            to.sourceCid(),
            to.targetPort(),
            to.sourcePort(),
            payload.length,
            VsockHeader.STREAM,
            operation,
            0,
            WINDOW,
            0)
        .write(packet, 0);
    packet.put(VsockHeader.BYTES, payload);
    parts.fill(packet);
    int before = driver.usedIndex(TX);
    chains.offer(TX, shape, parts.pieces);
    driver.kick(TX);
    driver.awaitUsed(TX, before);
  }
}
