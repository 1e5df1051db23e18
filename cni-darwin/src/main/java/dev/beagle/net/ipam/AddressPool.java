package dev.beagle.net.ipam;

import dev.beagle.failure.Failure;
import dev.beagle.net.wire.IpAddress;
import dev.beagle.net.wire.IpPrefix;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The addresses of a segment: each is leased to a name. Leases go round the range, so that an
 * address that was given back is the last to be given out again: a stranger's late packets find
 * nobody. Pure; who holds it writes it down.
 */
public final class AddressPool {
  private static final int RESERVED = 4;

  private final IpPrefix prefix;
  private final long size;
  private final Map<String, IpAddress> leases = new HashMap<>();
  private final Set<IpAddress> taken = new HashSet<>();
  private long next;

  /**
   * @param prefix IPv4, /8 to /29; its first four addresses (network, gateway, host, one to spare)
   *     and the last one (broadcast) are never leased
   */
  public AddressPool(IpPrefix prefix) {
    if (!prefix.base().isIpv4() || prefix.length() < 8 || prefix.length() > 29) {
      throw Failure.invalidArgument("pod range " + prefix + ": must be IPv4 from /8 to /29");
    }
    this.prefix = prefix;
    this.size = (1L << (32 - prefix.length())) - RESERVED - 1;
  }

  public IpPrefix prefix() {
    return prefix;
  }

  /** The gateway's address, never leased. */
  public IpAddress gateway() {
    return IpAddress.ofIpv4(prefix.base().ipv4() + 1);
  }

  /** The host interface's address, never leased. */
  public IpAddress host() {
    return IpAddress.ofIpv4(prefix.base().ipv4() + 2);
  }

  /**
   * Leases an address; the same again for a name that has one.
   *
   * @throws Failure EXHAUSTED if all are taken
   */
  public IpAddress lease(String name) {
    IpAddress held = leases.get(name);
    if (held != null) {
      return held;
    }
    for (long tries = 0; tries < size; tries++) {
      IpAddress address = at(next);
      next = (next + 1) % size;
      if (taken.add(address)) {
        leases.put(name, address);
        return address;
      }
    }
    throw Failure.exhausted(
        "no address left in " + prefix + ": " + leases.size() + " are leased; use a larger range");
  }

  private IpAddress at(long index) {
    return IpAddress.ofIpv4((int) (prefix.base().ipv4() + RESERVED + index));
  }

  /** Takes a lease back. Idempotent. */
  public void release(String name) {
    IpAddress address = leases.remove(name);
    if (address != null) {
      taken.remove(address);
    }
  }

  public @Nullable IpAddress find(String name) {
    return leases.get(name);
  }

  /** All leases by name. */
  public Map<String, IpAddress> leases() {
    return new TreeMap<>(leases);
  }

  /** Where the next search begins. */
  public long next() {
    return next;
  }

  /**
   * Takes over what was written down.
   *
   * @throws Failure CORRUPTED if an address is outside the range or leased twice
   */
  public void restore(Map<String, IpAddress> written, long nextSearch) {
    for (Map.Entry<String, IpAddress> lease : written.entrySet()) {
      IpAddress address = lease.getValue();
      if (!prefix.contains(address)) {
        throw Failure.corrupted(
            "lease of " + lease.getKey() + ": " + address + " is outside " + prefix);
      }
      if (!taken.add(address)) {
        throw Failure.corrupted("lease of " + lease.getKey() + ": " + address + " is leased twice");
      }
      leases.put(lease.getKey(), address);
    }
    next = Math.floorMod(nextSearch, size);
  }
}
