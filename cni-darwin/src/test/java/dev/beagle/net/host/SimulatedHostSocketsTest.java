package dev.beagle.net.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.net.testing.SimulatedHostSockets;
import dev.beagle.net.testing.SimulatedNetwork;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.BooleanSupplier;

class SimulatedHostSocketsTest extends HostSocketsContract {
  private final SimulatedNetwork network = new SimulatedNetwork(1, Path.of("/nonexistent"));

  @Override
  protected SimulatedHostSockets sockets() {
    return network.sockets();
  }

  @Override
  protected void await(BooleanSupplier done) {
    assertThat(
            network.runUntil(done, Duration.ofMinutes(1)) || done.getAsBoolean() || settles(done))
        .isTrue();
  }

  /** Asks a few times more: a condition may count how often it is asked. */
  private static boolean settles(BooleanSupplier done) {
    for (int i = 0; i < 10; i++) {
      if (done.getAsBoolean()) {
        return true;
      }
    }
    return false;
  }

  @Override
  protected Endpoint echoServer() {
    ByteBuffer held = ByteBuffer.allocate(20_000);
    sockets()
        .serve(
            SimulatedNetwork.OUTSIDE,
            7,
            stream -> {
              stream.takeAtFarEnd(held);
              stream.putAtFarEnd(held.flip());
              held.compact();
              if (stream.endedByUs() && held.position() == 0) {
                stream.endAtFarEnd();
              }
            });
    return new Endpoint(SimulatedNetwork.OUTSIDE, 7);
  }

  @Override
  protected Endpoint nobody() {
    return new Endpoint(SimulatedNetwork.OUTSIDE, 9);
  }

  @Override
  protected Endpoint echoDatagrams() {
    sockets().answer(SimulatedNetwork.OUTSIDE, 11, datagram -> List.of(datagram));
    return new Endpoint(SimulatedNetwork.OUTSIDE, 11);
  }
}
