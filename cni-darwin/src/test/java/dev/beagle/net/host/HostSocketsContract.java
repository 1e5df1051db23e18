package dev.beagle.net.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.net.host.HostStream.ConnectFailure;
import dev.beagle.net.wire.IpAddress;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What every implementation of {@link HostSockets} does. */
public abstract class HostSocketsContract {
  /** The sockets under test. */
  protected abstract HostSockets sockets();

  /** Lets events happen until it is so; fails after a while. */
  protected abstract void await(BooleanSupplier done);

  /** An address and port where a server sends back everything, and ends when it read the end. */
  protected abstract Endpoint echoServer();

  /** An address and port where nobody listens. */
  protected abstract Endpoint nobody();

  /** An address and port that answers every datagram by itself. */
  protected abstract Endpoint echoDatagrams();

  /** A place outside. */
  public record Endpoint(IpAddress address, int port) {}

  private static final class Recorder implements HostStream.Events {
    private final List<String> events = new ArrayList<>();
    private final ByteArrayOutputStream read = new ByteArrayOutputStream();
    private ByteBuffer toWrite = ByteBuffer.allocate(0);
    private @Nullable HostStream stream;
    private boolean ended;

    HostStream stream() {
      return java.util.Objects.requireNonNull(stream);
    }

    @Override
    public void connected() {
      events.add("connected");
    }

    @Override
    public void connectFailed(ConnectFailure why) {
      events.add(why.name());
    }

    @Override
    public void readable() {
      ByteBuffer buffer = ByteBuffer.allocateDirect(7000);
      try {
        int count = stream().read(buffer);
        if (count < 0) {
          ended = true;
          stream().wantRead(false);
        }
        byte[] bytes = new byte[Math.max(count, 0)];
        buffer.flip().get(bytes);
        read.writeBytes(bytes);
      } catch (IOException error) {
        events.add("broken");
        stream().wantRead(false);
      }
    }

    @Override
    public void writable() {
      try {
        stream().write(toWrite);
        if (!toWrite.hasRemaining()) {
          stream().wantWrite(false);
          stream().endOutput();
        }
      } catch (IOException error) {
        events.add("broken");
        stream().wantWrite(false);
      }
    }
  }

  private Recorder connect(Endpoint to) {
    Recorder recorder = new Recorder();
    recorder.stream = sockets().connect(to.address(), to.port(), recorder);
    assertThat(recorder.events).as("events come later, never from inside").isEmpty();
    await(() -> !recorder.events.isEmpty());
    return recorder;
  }

  @Test
  void bytesGoAndComeUntilBothEnd() {
    Recorder recorder = connect(echoServer());
    assertThat(recorder.events).containsExactly("connected");
    byte[] bytes = new byte[3_000_000];
    new Random(1).nextBytes(bytes);
    recorder.toWrite = ByteBuffer.wrap(bytes);
    recorder.stream().wantRead(true);
    recorder.stream().wantWrite(true);
    await(() -> recorder.ended);
    assertThat(recorder.read.toByteArray()).isEqualTo(bytes);
    recorder.stream().close();
    recorder.stream().close();
  }

  @Test
  void nothingIsToldThatWasNotAskedFor() {
    Recorder recorder = connect(echoServer());
    recorder.toWrite = ByteBuffer.wrap(new byte[10]);
    recorder.stream().wantWrite(true);
    await(() -> !recorder.toWrite.hasRemaining());
    Recorder other = connect(echoServer()); // Time for the echo to come.
    assertThat(recorder.read.size()).isZero();
    recorder.stream().wantRead(true);
    await(() -> recorder.read.size() == 10);
    recorder.stream().reset();
    recorder.stream().reset();
    other.stream().reset();
  }

  @Test
  void aRefusalIsAnEvent() {
    Recorder recorder = connect(nobody());
    assertThat(recorder.events).containsExactly("REFUSED");
  }

  @Test
  void datagramsComeBackWithTheirSource() throws IOException {
    Endpoint server = echoDatagrams();
    for (boolean connected : new boolean[] {true, false}) {
      int[] signals = new int[1];
      try (HostDatagrams socket =
          sockets().open(connected ? server.address() : null, server.port(), () -> signals[0]++)) {
        ByteBuffer datagram = ByteBuffer.wrap(new byte[] {1, 2, 3});
        assertThat(socket.send(datagram, server.address(), server.port())).isTrue();
        await(() -> signals[0] > 0);
        ByteBuffer buffer = ByteBuffer.allocateDirect(100);
        assertThat(socket.receive(buffer)).isTrue();
        assertThat(buffer.position()).isEqualTo(3);
        assertThat(socket.source()).isEqualTo(server.address());
        assertThat(socket.sourcePort()).isEqualTo(server.port());
        assertThat(socket.receive(buffer)).isFalse();
      }
    }
  }

  @Test
  void aRefusedDatagramIsToldOnAConnectedSocket() throws IOException {
    Endpoint nobody = nobody();
    List<Boolean> signals = new ArrayList<>();
    try (HostDatagrams socket =
        sockets().open(nobody.address(), nobody.port(), () -> signals.add(true))) {
      socket.send(ByteBuffer.wrap(new byte[1]), nobody.address(), nobody.port());
      await(() -> !signals.isEmpty());
      ConnectFailure[] seen = new ConnectFailure[1];
      try {
        socket.receive(ByteBuffer.allocate(10));
      } catch (IOException refused) {
        seen[0] = SocketErrors.failureOf(refused);
      }
      assertThat(seen[0]).isEqualTo(ConnectFailure.REFUSED);
    }
  }

  @Test
  void aPortIsBoundOnceAndFreeAfterClose() throws IOException {
    int port = nobody().port();
    HostSockets.HostListener listener = sockets().listen(null, port, (_, _, _) -> new Recorder());
    assertThatThrownBy(() -> sockets().listen(null, port, (_, _, _) -> new Recorder()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("in use");
    listener.close();
    int[] turns = new int[1];
    await(() -> turns[0]++ > 2); // The kernel lets go with the next select.
    sockets().listen(null, port, (_, _, _) -> new Recorder()).close();
  }
}
