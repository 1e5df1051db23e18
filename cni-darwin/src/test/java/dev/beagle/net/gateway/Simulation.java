package dev.beagle.net.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.net.testing.SimulatedNetwork;
import dev.beagle.net.wire.IpAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;

/** What the tests of the simulated network have in common. */
final class Simulation {
  static final Path NO_RESOLVERS = Path.of("/nonexistent/resolv.conf");
  static final IpAddress SERVER = SimulatedNetwork.OUTSIDE;
  static final Duration MINUTE = Duration.ofMinutes(1);

  private Simulation() {}

  static byte[] bytes(long seed, int count) {
    byte[] bytes = new byte[count];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  /** No flow, no memory and no socket; and nothing happened that nobody foresaw. */
  static void assertNothingIsLeft(SimulatedNetwork network) {
    assertThat(network.gateway().gauges())
        .containsEntry("tcp_flows", 0L)
        .containsEntry("udp_flows", 0L)
        .containsEntry("udp_peers", 0L);
    assertThat(network.heldBytes()).isZero();
    assertThat(network.sockets().open()).isZero();
    assertThat(network.defects()).isEmpty();
  }
}
