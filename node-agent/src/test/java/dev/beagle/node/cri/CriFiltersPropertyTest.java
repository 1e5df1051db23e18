package dev.beagle.node.cri;

import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.cri.v1.ContainerFilter;
import dev.beagle.cri.v1.ContainerState;
import dev.beagle.cri.v1.ContainerStateValue;
import dev.beagle.cri.v1.ContainerStatsFilter;
import dev.beagle.cri.v1.CreateContainerRequest;
import dev.beagle.cri.v1.PodSandboxFilter;
import dev.beagle.cri.v1.PodSandboxState;
import dev.beagle.cri.v1.PodSandboxStateValue;
import dev.beagle.cri.v1.RunPodSandboxRequest;
import dev.beagle.runtime.pod.Container;
import dev.beagle.runtime.pod.Owner;
import dev.beagle.runtime.pod.Sandbox;
import dev.beagle.testing.ManualTime;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

/** A filter matches exactly when each condition that is set holds on its own. */
final class CriFiltersPropertyTest {
  private final SimulatedPodRuntime pods = new SimulatedPodRuntime(new ManualTime());

  @Property(tries = 300)
  void sandboxFiltersAreConjunctions(
      @ForAll("labels") Map<String, String> labels,
      @ForAll("labels") Map<String, String> selector,
      @ForAll boolean stopped,
      @ForAll @IntRange(min = -1, max = 1) int state,
      @ForAll @IntRange(min = 0, max = 64) int prefix,
      @ForAll boolean otherId) {
    Sandbox sandbox = sandbox(labels);
    if (stopped) {
      sandbox.stop(java.time.Duration.ZERO);
    }
    PodSandboxFilter.Builder filter =
        PodSandboxFilter.newBuilder()
            .setId(prefixOf(sandbox.id().value(), prefix, otherId))
            .putAllLabelSelector(selector);
    if (state >= 0) {
      filter.setState(PodSandboxStateValue.newBuilder().setStateValue(state));
    }

    boolean idHolds = !otherId || prefix == 0;
    boolean stateHolds =
        state < 0
            || (PodSandboxState.forNumber(state) == PodSandboxState.SANDBOX_NOTREADY) == stopped;

    assertThat(CriFilters.matches(filter.build(), sandbox))
        .isEqualTo(idHolds && stateHolds && selected(labels, selector));
  }

  @Property(tries = 300)
  void containerFiltersAreConjunctions(
      @ForAll("labels") Map<String, String> labels,
      @ForAll("labels") Map<String, String> selector,
      @ForAll @IntRange(min = 0, max = 2) int actual,
      @ForAll @IntRange(min = -1, max = 2) int state,
      @ForAll boolean otherId,
      @ForAll boolean otherSandbox) {
    Container container = container(labels, actual);
    ContainerFilter.Builder filter =
        ContainerFilter.newBuilder()
            .setId(prefixOf(container.id().value(), 10, otherId))
            .setPodSandboxId(prefixOf(container.sandboxId().value(), 64, otherSandbox))
            .putAllLabelSelector(selector);
    if (state >= 0) {
      filter.setState(ContainerStateValue.newBuilder().setStateValue(state));
    }
    ContainerStatsFilter stats =
        ContainerStatsFilter.newBuilder()
            .setId(filter.getId())
            .setPodSandboxId(filter.getPodSandboxId())
            .putAllLabelSelector(selector)
            .build();

    boolean others = !otherId && !otherSandbox && selected(labels, selector);

    assertThat(CriFilters.matches(stats, container)).isEqualTo(others);
    assertThat(CriFilters.matches(filter.build(), container))
        .isEqualTo(others && (state < 0 || ContainerState.forNumber(state).getNumber() == actual));
  }

  @Provide
  Arbitrary<Map<String, String>> labels() {
    return Arbitraries.maps(Arbitraries.of("app", "tier"), Arbitraries.of("a", "b")).ofMaxSize(2);
  }

  private static boolean selected(Map<String, String> labels, Map<String, String> selector) {
    return selector.entrySet().stream()
        .allMatch(wanted -> wanted.getValue().equals(labels.get(wanted.getKey())));
  }

  private static String prefixOf(String id, int length, boolean other) {
    String prefix = id.substring(0, length);
    return other && length > 0 ? prefix.replaceFirst("^.", "z") : prefix;
  }

  private Sandbox sandbox(Map<String, String> labels) {
    return pods.runSandbox(
        SandboxRequests.spec(
            RunPodSandboxRequest.newBuilder()
                .setConfig(
                    CriWorld.sandboxConfig("pod-" + pods.sandboxes().size()).putAllLabels(labels))
                .build(),
            Owner.CRI));
  }

  private Container container(Map<String, String> labels, int state) {
    Sandbox sandbox = sandbox(labels);
    CreateContainerRequest request =
        CreateContainerRequest.newBuilder()
            .setConfig(CriWorld.containerConfig("web").putAllLabels(labels))
            .build();
    Container container =
        sandbox.createContainer(
            ContainerRequests.spec(request, sandbox, SimulatedImages.BUSYBOX_ID, true));
    if (state > 0) {
      container.start();
    }
    if (state > 1) {
      container.stop(java.time.Duration.ZERO);
    }
    return container;
  }
}
