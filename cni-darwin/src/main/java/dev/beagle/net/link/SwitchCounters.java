package dev.beagle.net.link;

import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** What the switch counts. One thread writes. */
public final class SwitchCounters {
  /** Things that are counted. */
  public enum Counter {
    FRAMES,
    MALFORMED,
    SPOOFED,
    UNSUPPORTED,
    UNKNOWN_DESTINATION,
    HOST_INTERFACE_DENIED,
    PORT_FULL,
    PORT_ABSENT,
    BAD_CHECKSUM,
    TCP_OPENED,
    TCP_ACCEPTED,
    TCP_REFUSED,
    TCP_UNREACHABLE,
    TCP_STRAY,
    TCP_LOCAL_FAILURE,
    DENIED_DESTINATION,
    FLOWS_EXHAUSTED,
    UDP_OPENED,
    UDP_UNSOLICITED,
    UDP_LOST,
    FRAGMENTS_LOST,
    ICMP_SENT,
    ICMP_LIMITED,
    DNS_QUERIES,
    DNS_FAILED,
    DEFECTS
  }

  private final EnumMap<Counter, Tally> tallies = new EnumMap<>(Counter.class);

  private static final class Tally {
    private long count;
  }

  public void increment(Counter counter) {
    tallies.computeIfAbsent(counter, _ -> new Tally()).count++;
  }

  public long value(Counter counter) {
    Tally tally = tallies.get(counter);
    return tally == null ? 0 : tally.count;
  }

  /** Everything, by lower-case name. */
  public Map<String, Long> snapshot() {
    Map<String, Long> snapshot = new TreeMap<>();
    for (Counter counter : Counter.values()) {
      snapshot.put(counter.name().toLowerCase(Locale.ROOT), value(counter));
    }
    return snapshot;
  }
}
