package dev.beagle.net.flow;

import dev.beagle.net.wire.IpAddress;

/**
 * What identifies a flow seen from the guest.
 *
 * @param protocol IP protocol number
 * @param guest the pod's address
 * @param remote the other end as the pod sees it
 */
public record FlowKey(
    int protocol, IpAddress guest, int guestPort, IpAddress remote, int remotePort) {
  // Spelled out, because they run for every packet and the generated ones cost a bootstrap at
  // start.
  @Override
  public boolean equals(Object other) {
    return other instanceof FlowKey that
        && protocol == that.protocol
        && guestPort == that.guestPort
        && remotePort == that.remotePort
        && guest.equals(that.guest)
        && remote.equals(that.remote);
  }

  @Override
  public int hashCode() {
    int hash = guest.hashCode() * 31 + remote.hashCode();
    return (hash * 31 + (guestPort << 16 | remotePort)) * 31 + protocol;
  }

  @Override
  public String toString() {
    return protocol + "/" + guest + ":" + guestPort + ">" + remote + ":" + remotePort;
  }
}
