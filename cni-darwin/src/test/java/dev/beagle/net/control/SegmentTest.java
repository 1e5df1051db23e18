package dev.beagle.net.control;

import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.net.testing.SimulatedNetwork;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SegmentTest {
  @TempDir private Path folder = Path.of("/nonexistent");

  private final SimulatedNetwork network =
      new SimulatedNetwork(1, Path.of("/nonexistent/resolv.conf"));
  private final List<String> warnings = new ArrayList<>();

  private Segment segment() {
    return new Segment(
        SwitchSettings.inFolder(folder),
        network.ethernet(),
        network.gateway(),
        network.timers(),
        network::now,
        new Random(1),
        warnings::add);
  }

  @Test
  void aDetachIsWrittenDownWhenTheDiskLetsItAndIsToldOnceEach() throws IOException {
    Segment segment = segment();
    segment.attach("a");
    segment.attach("b");
    Path state = SwitchSettings.inFolder(folder).stateFile();
    Path aside = state.resolveSibling(state.getFileName() + ".new");
    Files.createDirectory(aside); // In the way of the next record.
    segment.detach("a");
    network.pass(Duration.ofSeconds(5));
    assertThat(warnings).singleElement().asString().contains(state.toString());
    assertThat(state).content().contains("\"a\"");

    Files.delete(aside);
    network.pass(Duration.ofSeconds(2));
    assertThat(warnings).hasSize(2).last().asString().contains("written again");
    assertThat(state).content().contains("\"b\"").doesNotContain("\"a\"");

    segment.detach("b");
    assertThat(warnings).hasSize(2);
  }

  @Test
  void aSuccessorHasThePortsWithTheirAddressesAndTokens() {
    PortLease lease = segment().attach("a");
    SimulatedNetwork anew = new SimulatedNetwork(2, Path.of("/nonexistent/resolv.conf"));
    Segment successor =
        new Segment(
            SwitchSettings.inFolder(folder),
            anew.ethernet(),
            anew.gateway(),
            anew.timers(),
            anew::now,
            new Random(2),
            warnings::add);
    successor.restore();
    assertThat(successor.attach("a")).isEqualTo(lease);
    assertThat(warnings).isEmpty();
  }
}
