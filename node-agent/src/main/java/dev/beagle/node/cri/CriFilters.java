package dev.beagle.node.cri;

import dev.beagle.cri.v1.ContainerFilter;
import dev.beagle.cri.v1.ContainerStatsFilter;
import dev.beagle.cri.v1.PodSandboxFilter;
import dev.beagle.runtime.pod.Container;
import dev.beagle.runtime.pod.Sandbox;
import java.util.Map;

/** The filters of lists: all conditions that are set must hold. */
final class CriFilters {
  private CriFilters() {}

  static boolean matches(PodSandboxFilter filter, Sandbox sandbox) {
    return sandbox.id().value().startsWith(filter.getId())
        && (!filter.hasState()
            || filter.getState().getState() == CriTranslation.state(sandbox.state()))
        && hasLabels(sandbox.spec().labels(), filter.getLabelSelectorMap());
  }

  static boolean matches(ContainerFilter filter, Container container) {
    return container.id().value().startsWith(filter.getId())
        && container.sandboxId().value().startsWith(filter.getPodSandboxId())
        && (!filter.hasState()
            || filter.getState().getState() == CriTranslation.state(container.state()))
        && hasLabels(container.spec().labels(), filter.getLabelSelectorMap());
  }

  static boolean matches(ContainerStatsFilter filter, Container container) {
    return container.id().value().startsWith(filter.getId())
        && container.sandboxId().value().startsWith(filter.getPodSandboxId())
        && hasLabels(container.spec().labels(), filter.getLabelSelectorMap());
  }

  private static boolean hasLabels(Map<String, String> labels, Map<String, String> selector) {
    return labels.entrySet().containsAll(selector.entrySet());
  }
}
