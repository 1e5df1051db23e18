package dev.beagle.net.link;

import dev.beagle.net.wire.IpAddress;
import dev.beagle.net.wire.MacAddress;
import java.nio.ByteBuffer;
import java.util.LinkedHashSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A place in the segment: a name, a MAC address, and the addresses that may be used from it. What
 * is behind it comes and goes ({@link #connect}, {@link #disconnect}); the port stays. Confined to
 * the segment's thread.
 */
public final class SwitchPort {
  private final String name;
  private final MacAddress mac;
  private final List<IpAddress> addresses;
  private final boolean host;
  private final SwitchCounters counters;
  private final LinkedHashSet<Runnable> waiting = new LinkedHashSet<>();
  private @Nullable PortOutput output;
  private long framesIn;
  private long framesOut;
  private long dropped;

  SwitchPort(PortIdentity identity, SwitchCounters counters) {
    this.name = identity.name();
    this.mac = identity.mac();
    this.addresses = identity.addresses();
    this.host = identity.host();
    this.counters = counters;
  }

  /**
   * Who a port is.
   *
   * @param host the machine that the switch runs on, which pods may not call
   */
  public record PortIdentity(String name, MacAddress mac, List<IpAddress> addresses, boolean host) {
    public PortIdentity {
      addresses = List.copyOf(addresses);
    }
  }

  public String name() {
    return name;
  }

  public long mac() {
    return mac.bits();
  }

  public List<IpAddress> addresses() {
    return addresses;
  }

  boolean isHost() {
    return host;
  }

  boolean owns(IpAddress address) {
    for (int i = 0; i < addresses.size(); i++) {
      if (addresses.get(i).equals(address)) {
        return true;
      }
    }
    return false;
  }

  /** Frames go there from now on; what waited for room goes on. */
  public void connect(PortOutput newOutput) {
    output = newOutput;
    drained();
  }

  /** Nothing is behind the port, if this was. */
  @SuppressWarnings("ReferenceEquality") // A connection is itself.
  public void disconnect(PortOutput oldOutput) {
    if (output == oldOutput) {
      output = null;
    }
  }

  /** The port is no more: what is behind it is cut off. */
  public void close() {
    PortOutput to = output;
    output = null;
    waiting.clear();
    if (to != null) {
      to.close();
    }
  }

  public boolean isConnected() {
    return output != null;
  }

  /** False while nothing is behind the port, or more than it takes. */
  public boolean writable() {
    PortOutput to = output;
    return to != null && to.writable();
  }

  /** Runs the action once, when the port may take frames again. It lets no exception out. */
  public void whenWritable(Runnable action) {
    waiting.add(action);
  }

  /** The action is no longer to be run, if it was. */
  public void forget(Runnable action) {
    waiting.remove(action);
  }

  /** How many wait for room. */
  public int waiting() {
    return waiting.size();
  }

  /** The output has room: everybody who waits gets a turn, in their order. */
  public void drained() {
    for (int turns = waiting.size(); turns > 0 && !waiting.isEmpty() && writable(); turns--) {
      waiting.removeFirst().run();
    }
  }

  /** Sends a frame, or drops and counts it. */
  public void send(ByteBuffer[] parts, int count) {
    PortOutput to = output;
    if (to == null) {
      counters.increment(SwitchCounters.Counter.PORT_ABSENT);
    } else if (to.send(parts, count)) {
      framesOut++;
    } else {
      dropped++;
      counters.increment(SwitchCounters.Counter.PORT_FULL);
    }
  }

  void counted() {
    framesIn++;
  }

  public long framesIn() {
    return framesIn;
  }

  public long framesOut() {
    return framesOut;
  }

  /** Frames that were dropped because the port was full. */
  public long dropped() {
    return dropped;
  }

  @Override
  public String toString() {
    return name;
  }
}
