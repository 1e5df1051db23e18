package dev.beagle.runtime.pod;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a client asked a sandbox to be. Immutable, written to its record.
 *
 * @param kind the sandbox kind ({@code namespaces}, {@code hvf}); empty for the node's default
 * @param hostname empty for the world's own (host network)
 * @param dns the pod's resolv.conf; absent for a copy of the host's
 * @param network POD or NODE
 * @param pid CONTAINER, POD or NODE: whether the sandbox has a PID namespace that containers may
 *     share
 * @param ipc POD or NODE
 * @param logDirectory absolute, where containers log; empty for none
 * @param cgroupParent the cgroup to live under; empty for ours
 */
public record SandboxSpec(
    SandboxName name,
    Owner owner,
    String kind,
    String hostname,
    Optional<DnsConfig> dns,
    List<PortMapping> ports,
    NamespaceMode network,
    NamespaceMode pid,
    NamespaceMode ipc,
    Map<String, String> labels,
    Map<String, String> annotations,
    String logDirectory,
    String cgroupParent,
    Map<String, String> sysctls,
    boolean privileged) {
  public SandboxSpec {
    ports = List.copyOf(ports);
    labels = Map.copyOf(labels);
    annotations = Map.copyOf(annotations);
    sysctls = Map.copyOf(sysctls);
  }
}
