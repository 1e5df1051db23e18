package dev.beagle.net.gateway;

import static dev.beagle.net.gateway.Simulation.NO_RESOLVERS;
import static dev.beagle.net.gateway.Simulation.SERVER;
import static dev.beagle.net.gateway.Simulation.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.net.host.HostStream.ConnectFailure;
import dev.beagle.net.testing.FaultyLink.Faults;
import dev.beagle.net.testing.GuestConnection;
import dev.beagle.net.testing.SimulatedGuest;
import dev.beagle.net.testing.SimulatedHostSockets.Peer;
import dev.beagle.net.testing.SimulatedNetwork;
import dev.beagle.net.testing.SimulatedStream;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.jspecify.annotations.Nullable;

/**
 * A connection through the gateway, whatever the link does (loss, doubles, order), whatever the
 * windows (down to less than a segment, and zero while somebody does not read), and whoever ends
 * first: each byte arrives once and in order, and nothing is left. All of it follows from the seed.
 */
class NetworkPropertyTest {

  /** What a seed stands for. */
  private static final class Scenario implements Peer {
    private final Random random;
    private final SimulatedNetwork network;
    private final SimulatedGuest guest;
    private final byte[] up;
    private final byte[] down;
    private ByteBuffer answer;
    private @Nullable SimulatedStream served;
    private final int takes;
    private final boolean endsAfterUs;
    private final ByteArrayOutputStream taken = new ByteArrayOutputStream();
    private GuestConnection connection;

    Scenario(long seed) {
      random = new Random(seed);
      network = new SimulatedNetwork(seed, NO_RESOLVERS);
      Faults faults =
          random.nextInt(4) == 0
              ? Faults.NONE
              : new Faults(
                  random.nextInt(60),
                  random.nextInt(60),
                  random.nextInt(400),
                  10_000 + random.nextInt(3_000_000));
      guest = network.guest("10.88.0.4", faults);
      up = bytes(seed + 1, size());
      down = bytes(seed + 2, size());
      answer = ByteBuffer.wrap(down);
      takes = 1 + random.nextInt(random.nextBoolean() ? 300 : 20_000);
      endsAfterUs = random.nextBoolean();
      network.sockets().serve(SERVER, 80, this);
      int segment = 48 + random.nextInt(1413);
      int window = random.nextBoolean() ? 128 + random.nextInt(3000) : 128 << 10;
      connection = guest.connect(SERVER, 80, up, segment, window);
      if (random.nextBoolean()) {
        connection.reads(1 + random.nextInt(5000), 1 + random.nextInt(5_000_000));
      }
    }

    private int size() {
      return random.nextInt(3) == 0 ? random.nextInt(10) : random.nextInt(60_000);
    }

    @Override
    public void changed(SimulatedStream stream) {
      if (stream != network.sockets().streams().getLast()) {
        return;
      }
      if (stream != served) {
        // A flow that was ended before the guest knew of it: the guest's repeated SYN opens
        // another.
        served = stream;
        answer = ByteBuffer.wrap(down);
        taken.reset();
      }
      ByteBuffer buffer = ByteBuffer.allocate(takes);
      int count = stream.takeAtFarEnd(buffer);
      taken.write(buffer.array(), 0, count);
      stream.putAtFarEnd(answer);
      if (!answer.hasRemaining() && (!endsAfterUs || stream.endedByUs())) {
        stream.endAtFarEnd();
      }
    }

    SimulatedStream stream() {
      return network.sockets().streams().getFirst();
    }

    void assertNothingIsLeft() {
      network.pass(Duration.ofMinutes(5));
      Simulation.assertNothingIsLeft(network);
      assertThat(network.gateway().gauges()).containsEntry("timers", 0L);
      assertThat(network.defects()).isEmpty();
    }
  }

  @Property(tries = 150)
  void eachByteArrivesOnceAndInOrderBothWaysAndNothingIsLeft(@ForAll long seed) {
    Scenario scenario = new Scenario(seed);
    assertThat(
            scenario.network.runUntil(
                () -> scenario.connection.allReceived() && scenario.stream().endedByUs(),
                Duration.ofMinutes(30)))
        .isTrue();
    assertThat(scenario.connection.received()).isEqualTo(scenario.down);
    assertThat(scenario.taken.toByteArray()).isEqualTo(scenario.up);
    assertThat(scenario.network.sockets().streams()).hasSize(1);
    scenario.assertNothingIsLeft();
  }

  @Property(tries = 150)
  void aResetAtAnyMomentEndsBothSidesAndWhatCameBeforeIsTheBeginning(@ForAll long seed) {
    Scenario scenario = new Scenario(seed);
    scenario.network.pass(Duration.ofNanos(scenario.random.nextLong(40_000_000)));
    switch (scenario.random.nextInt(4)) {
      case 0 -> scenario.connection.reset();
      case 1 -> {
        if (!scenario.network.sockets().streams().isEmpty()) {
          scenario.stream().resetAtFarEnd();
        }
      }
      case 2 -> scenario.network.gateway().endFlows(scenario.guest.port());
      default -> scenario.guest.cut();
    }
    // A lost reset, or a pod that stops for ever, is found by asking: after two hours at the
    // latest, where neither direction had ended.
    scenario.network.pass(Duration.ofHours(2).plusMinutes(12));
    scenario.assertNothingIsLeft();
    assertBeginning(scenario.connection.received(), scenario.down);
    assertBeginning(scenario.taken.toByteArray(), scenario.up);
  }

  private static void assertBeginning(byte[] part, byte[] whole) {
    assertThat(part).isEqualTo(Arrays.copyOf(whole, part.length));
  }

  @Property(tries = 60)
  void whateverAConnectComesToNothingIsLeft(@ForAll long seed) {
    Random random = new Random(seed);
    SimulatedNetwork network = new SimulatedNetwork(seed, NO_RESOLVERS);
    Faults faults = new Faults(random.nextInt(300), random.nextInt(300), 300, 1_000_000);
    SimulatedGuest guest = network.guest("10.88.0.4", faults);
    ConnectFailure[] failures = ConnectFailure.values();
    network.sockets().fail(SERVER, 80, failures[random.nextInt(failures.length)]);
    GuestConnection connection = guest.connect(SERVER, 80, new byte[100]);
    network.pass(Duration.ofMinutes(10));
    assertThat(connection.isEstablished()).isFalse();
    Simulation.assertNothingIsLeft(network);
    assertThat(network.gateway().gauges()).containsEntry("timers", 0L);
  }
}
