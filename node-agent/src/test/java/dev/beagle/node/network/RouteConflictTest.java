package dev.beagle.node.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RouteConflictTest {
  private static final List<String> ROUTES =
      List.of(
          "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT",
          "eth0\t00000000\t0102A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0",
          "beagle1\t0000580A\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0");

  @Test
  void anotherInterfaceWithTheSameOrAWiderOrNarrowerNetworkHoldsIt() {
    for (String cidr : List.of("10.88.0.0/16", "10.88.3.0/24", "10.0.0.0/8")) {
      assertThat(RouteConflict.holder(cidr, "beagle2", ROUTES)).as(cidr).contains("beagle1");
    }
  }

  @Test
  void ourOwnRouteAndTheDefaultRouteAreNoConflict() {
    assertThat(RouteConflict.holder("10.88.0.0/16", "beagle1", ROUTES)).isEmpty();
    assertThat(RouteConflict.holder("10.89.0.0/16", "beagle2", ROUTES)).isEmpty();
    assertThat(RouteConflict.holder("10.89.0.0/16", "beagle2", List.of())).isEmpty();
  }

  /** Where the kernel tells no routes there is nothing to refuse. */
  @Test
  void whatIsFreeIsNotRefused() {
    String free =
        IntStream.range(0, 256)
            .mapToObj("10.254.%d.0/24"::formatted)
            .filter(RouteConflict::isFree)
            .findFirst()
            .orElseThrow();
    assertThatCode(() -> RouteConflict.refuse(free, "beagle9")).doesNotThrowAnyException();
  }
}
