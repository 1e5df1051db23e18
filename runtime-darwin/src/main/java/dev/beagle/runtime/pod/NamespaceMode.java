package dev.beagle.runtime.pod;

/** Which namespace of a kind a sandbox or container uses (CRI NamespaceMode). */
public enum NamespaceMode {
  /** Shared by all containers of the sandbox. */
  POD,
  /** The container's own. */
  CONTAINER,
  /** The world's: the host's on Linux, the node VM's on a Mac. */
  NODE,
  /** That of another container of the sandbox. */
  TARGET
}
