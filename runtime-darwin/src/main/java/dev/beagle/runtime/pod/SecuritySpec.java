package dev.beagle.runtime.pod;

import java.util.List;
import java.util.OptionalLong;

/**
 * What a container's processes may do.
 *
 * @param group the primary group; absent for the user's own
 * @param strictGroups whether the image's group file is ignored (supplemental groups policy Strict)
 * @param addCapabilities names without CAP_, upper case; may contain ALL
 * @param pidTarget the container whose PID namespace is joined when {@code pid} is TARGET, else
 *     empty
 */
public record SecuritySpec(
    boolean privileged,
    boolean readOnlyRoot,
    boolean noNewPrivileges,
    Identity user,
    OptionalLong group,
    List<Long> supplementalGroups,
    boolean strictGroups,
    List<String> addCapabilities,
    List<String> dropCapabilities,
    Seccomp seccomp,
    List<String> maskedPaths,
    List<String> readOnlyPaths,
    NamespaceMode pid,
    String pidTarget) {
  public SecuritySpec {
    supplementalGroups = List.copyOf(supplementalGroups);
    addCapabilities = List.copyOf(addCapabilities);
    dropCapabilities = List.copyOf(dropCapabilities);
    maskedPaths = List.copyOf(maskedPaths);
    readOnlyPaths = List.copyOf(readOnlyPaths);
  }
}
