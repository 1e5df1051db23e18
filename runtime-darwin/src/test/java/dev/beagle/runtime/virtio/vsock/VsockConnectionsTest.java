package dev.beagle.runtime.virtio.vsock;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.failure.Failure;
import dev.beagle.runtime.virtio.vsock.SimulatedVsockGuest.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(20)
class VsockConnectionsTest {
  private static final int AGENT = 1024;
  private static final int RX_BUFFER = 3776;

  private final SimulatedHostEnd end = new SimulatedHostEnd();
  private final VsockConnections host = new VsockConnections(SimulatedVsockGuest.CID);
  private final SimulatedVsockGuest guest = new SimulatedVsockGuest(host, RX_BUFFER);

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static byte[] random(int length) {
    byte[] bytes = new byte[length];
    new Random(length).nextBytes(bytes);
    return bytes;
  }

  /** A stream that the host opened and the guest accepted. */
  private Socket opened() {
    host.open(end, AGENT);
    assertThat(guest.take()).isEqualTo(VsockHeader.REQUEST);
    Socket socket = guest.socket(AGENT);
    socket.say(VsockHeader.RESPONSE, 0, new byte[0]);
    assertThat(end.events).isEmpty();
    return socket;
  }

  private static void readAll(SimulatedVsockGuest guest, Socket socket) {
    do {
      guest.takeAll();
    } while (socket.readPacket());
  }

  @Test
  void bytesGoBothWaysAndEachSideEndsInItsTime() {
    Socket socket = opened();
    end.gives(bytes("to the guest")).ends();
    host.readable(end);
    readAll(guest, socket);
    assertThat(socket.read.toByteArray()).isEqualTo(bytes("to the guest"));
    assertThat(socket.shutByHost).isEqualTo(VsockHeader.NO_SEND);

    assertThat(socket.write(bytes("to the host"))).isPositive();
    socket.shut(VsockHeader.NO_SEND);
    assertThat(end.taken.toByteArray()).isEqualTo(bytes("to the host"));
    assertThat(end.events).containsExactly("finish", "close");
    guest.takeAll();
    assertThat(socket.gone).isTrue();
    assertThat(host.streams()).isZero();
  }

  @Test
  void theGuestCannotConnectHoweverOftenItTries() {
    Socket agent = opened();
    for (int port = 5000; port < 9000; port++) {
      Socket refused = guest.connect(port, 1025);
      guest.takeAll();
      assertThat(refused.gone).isTrue();
    }
    assertThat(host.streams()).isOne();
    host.open(new SimulatedHostEnd(), AGENT + 1);
    assertThat(guest.take()).isEqualTo(VsockHeader.REQUEST);
    assertThat(agent.write(bytes("still there"))).isPositive();
    assertThat(end.taken.toByteArray()).isEqualTo(bytes("still there"));
  }

  @Test
  void whereNobodyListensTheHostIsRefused() {
    host.open(end, AGENT);
    guest.take();
    guest.socket(AGENT).say(VsockHeader.RESET, 0, new byte[0]);
    assertThat(end.events).containsExactly("refused");
    assertThat(host.streams()).isZero();
    assertThat(host.wantsToSend()).isFalse();
  }

  /** It closes its socket and waits for our reset, else its port stays taken for 8 s. */
  @Test
  void aGuestThatClosedIsResetOnceTheHostHasAllOfIt() {
    Socket socket = opened();
    end.takes(3);
    assertThat(socket.write(bytes("abcdef"))).isEqualTo(6);
    socket.shut(VsockHeader.NO_SEND | VsockHeader.NO_RECEIVE);
    guest.takeAll();
    assertThat(socket.gone).isFalse();
    assertThat(end.events).isEmpty();
    end.takes(100);
    host.writable(end);
    guest.takeAll();
    assertThat(end.taken.toByteArray()).isEqualTo(bytes("abcdef"));
    assertThat(end.events).containsExactly("finish", "close");
    assertThat(socket.gone).isTrue();
  }

  /** After 8 s Linux resets by itself; its port may come again while the host still reads. */
  @Test
  void whatAGuestSentBeforeItsResetIsStillTaken() {
    Socket socket = opened();
    guest.takeAll();
    end.takes(0);
    assertThat(socket.write(bytes("late"))).isEqualTo(4);
    socket.say(VsockHeader.RESET, 0, new byte[0]);
    assertThat(end.events).isEmpty();
    assertThat(host.streams()).isOne();
    end.takes(100);
    host.writable(end);
    assertThat(end.taken.toByteArray()).isEqualTo(bytes("late"));
    assertThat(end.events).containsExactly("close");
    assertThat(host.streams()).isZero();
  }

  @Test
  void aSlowGuestHoldsTheHostBackAndLosesNothing() {
    Socket socket = opened();
    byte[] data = random(3_000_000);
    end.gives(data);
    host.readable(end);
    guest.takeAll();
    assertThat(end.left()).isPositive();
    readAll(guest, socket);
    assertThat(socket.read.toByteArray()).isEqualTo(data);
  }

  /** Linux counts packets too: one byte each, it refuses the 456th. The guest's side holds it. */
  @Test
  void smallPacketsAreCounted() {
    Socket socket = opened();
    for (int i = 0; i < 2000; i++) {
      end.gives(new byte[] {(byte) i});
      host.readable(end);
      guest.takeAll();
    }
    assertThat(end.left()).isPositive();
    readAll(guest, socket);
    assertThat(socket.read.size()).isEqualTo(2000);
  }

  @Test
  void aSlowHostHoldsTheGuestBackAndLosesNothing() {
    Socket socket = opened();
    end.takes(0);
    byte[] data = random(2_000_000);
    int sent = 0;
    for (int count = 1; count > 0; sent += count) {
      count = socket.write(Arrays.copyOfRange(data, sent, data.length));
      guest.takeAll();
    }
    assertThat(sent).isEqualTo(HostBuffer.SIZE);
    while (sent < data.length) {
      end.takes(10_000);
      host.writable(end);
      guest.takeAll();
      sent += socket.write(Arrays.copyOfRange(data, sent, data.length));
    }
    end.takes(Integer.MAX_VALUE);
    host.writable(end);
    assertThat(end.taken.toByteArray()).isEqualTo(data);
  }

  @Test
  void aGuestThatSendsMoreThanItWasGrantedLosesTheStream() {
    Socket socket = opened();
    end.takes(0);
    for (int i = 0; i < 5; i++) {
      socket.say(VsockHeader.DATA, 0, new byte[64 * 1024]);
    }
    assertThat(end.events).containsExactly("close");
    guest.takeAll();
    assertThat(socket.gone).isTrue();
    assertThat(host.streams()).isZero();
  }

  @Test
  void whatBreaksOnTheHostsSideResetsTheStream() {
    Socket socket = opened();
    end.breaks();
    socket.write(bytes("x"));
    host.readable(end);
    guest.takeAll();
    assertThat(end.events).containsExactly("close");
    assertThat(socket.gone).isTrue();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 2, 8, 99, 65535})
  void whatIsNoOperationOfAStreamResetsIt(int operation) {
    Socket socket = opened();
    socket.say(operation, 0, new byte[0]);
    guest.takeAll();
    assertThat(socket.gone).isTrue();
    assertThat(host.streams()).isZero();
  }

  @Test
  void packetsThatBelongToNothingAreCountedAndAnsweredOnce() {
    host.receive(ByteBuffer.allocate(43));
    packet(9, VsockConnections.HOST_CID, 1, VsockHeader.DATA, 0);
    packet(3, 77, 1, VsockHeader.REQUEST, 0);
    packet(3, VsockConnections.HOST_CID, 2, VsockHeader.REQUEST, 0);
    packet(3, VsockConnections.HOST_CID, 1, VsockHeader.RESET, 0);
    packet(3, VsockConnections.HOST_CID, 1, VsockHeader.DATA, 5);
    assertThat(host.strays()).isEqualTo(6);
    int resets = 0;
    for (int operation = guest.take(); operation != 0; operation = guest.take()) {
      assertThat(operation).isEqualTo(VsockHeader.RESET);
      resets++;
    }
    assertThat(resets).isEqualTo(3);
  }

  /** With a length that need not be true. */
  private void packet(long from, long to, int type, int operation, int length) {
    ByteBuffer packet = ByteBuffer.allocate(VsockHeader.BYTES);
    new VsockHeader(from, to, 40, 50, length, type, operation, 0, 0, 0).write(packet, 0);
    host.receive(packet);
  }

  @Test
  void aGuestThatTakesNothingCostsNoMemoryWithoutBound() {
    for (int i = 0; i < 100_000; i++) {
      packet(3, VsockConnections.HOST_CID, 1, VsockHeader.DATA, 0);
    }
    int packets = 0;
    while (guest.take() != 0) {
      packets++;
    }
    assertThat(packets).isEqualTo(256);
  }

  @Test
  void streamsAreBounded() {
    for (int i = 0; i < 1024; i++) {
      host.open(new SimulatedHostEnd(), AGENT);
    }
    assertThatThrownBy(() -> host.open(end, AGENT)).isInstanceOf(Failure.class);
  }

  @Test
  void aResetOfTheDeviceEndsAll() {
    opened();
    SimulatedHostEnd other = new SimulatedHostEnd();
    host.open(other, AGENT + 1);
    host.reset();
    assertThat(end.events).containsExactly("close");
    assertThat(other.events).containsExactly("refused");
    assertThat(host.streams()).isZero();
    assertThat(host.wantsToSend()).isFalse();
  }
}
