package dev.beagle.node.network;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.failure.Failure;
import java.util.List;
import org.junit.jupiter.api.Test;

class RouteConflictTest {
  private static final List<String> ROUTES =
      List.of(
          "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT",
          "eth0\t00000000\t0102A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0",
          "beagle1\t0000580A\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0");

  @Test
  void anotherInterfaceWithTheSameOrAWiderOrNarrowerNetworkIsNamed() {
    for (String cidr : List.of("10.88.0.0/16", "10.88.3.0/24", "10.0.0.0/8")) {
      assertThatThrownBy(() -> RouteConflict.refuse(cidr, "beagle2", ROUTES))
          .as(cidr)
          .isInstanceOf(Failure.class)
          .hasMessageContaining("beagle1")
          .hasMessageContaining("network.podCidr");
    }
  }

  @Test
  void ourOwnRouteAndTheDefaultRouteAreNoConflict() {
    assertThatCode(() -> RouteConflict.refuse("10.88.0.0/16", "beagle1", ROUTES))
        .doesNotThrowAnyException();
    assertThatCode(() -> RouteConflict.refuse("10.89.0.0/16", "beagle2", ROUTES))
        .doesNotThrowAnyException();
  }
}
