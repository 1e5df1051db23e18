package dev.beagle.runtime.pod;

/**
 * A folder or file of the host inside a container.
 *
 * @param containerPath absolute
 * @param hostPath absolute; made as a folder (0755) when it does not exist
 */
public record FolderMount(
    String containerPath,
    String hostPath,
    boolean readOnly,
    boolean recursiveReadOnly,
    Propagation propagation) {
  /** Which later mounts pass between host and container (mount_namespaces(7)). */
  public enum Propagation {
    PRIVATE,
    HOST_TO_CONTAINER,
    BIDIRECTIONAL
  }
}
