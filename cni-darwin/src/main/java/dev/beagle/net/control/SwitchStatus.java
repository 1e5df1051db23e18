package dev.beagle.net.control;

import java.util.Map;
import java.util.TreeMap;

/**
 * What a running switch says of itself.
 *
 * @param podRange the segment's addresses
 * @param ports how many are attached
 * @param numbers counters and gauges by name
 */
public record SwitchStatus(
    long pid, String podRange, String gateway, int ports, Map<String, Long> numbers) {
  public SwitchStatus {
    numbers = Map.copyOf(new TreeMap<>(numbers));
  }
}
