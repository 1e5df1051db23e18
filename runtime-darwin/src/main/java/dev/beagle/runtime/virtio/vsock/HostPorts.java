package dev.beagle.runtime.virtio.vsock;

import java.util.Optional;

/** What of the host the guest may connect to. Called on the device's worker thread. */
@FunctionalInterface
interface HostPorts {
  /** Nobody. */
  HostPorts NONE = port -> Optional.empty();

  /**
   * The guest connects.
   *
   * @param port unsigned
   * @return where it leads to, connected already; nothing where it is refused
   */
  Optional<HostEnd> open(int port);
}
