package dev.beagle.runtime.pod;

/**
 * A host port that leads into the pod.
 *
 * @param hostAddress the address to listen on; empty for all
 */
public record PortMapping(Protocol protocol, int containerPort, int hostPort, String hostAddress) {
  /** Transport protocols that can be published. */
  public enum Protocol {
    TCP,
    UDP
  }

  public PortMapping {
    if (containerPort < 1 || containerPort > 0xFFFF || hostPort < 1 || hostPort > 0xFFFF) {
      throw new IllegalArgumentException("port mapping " + hostPort + ":" + containerPort);
    }
  }
}
