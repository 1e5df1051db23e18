package dev.beagle.runtime.bus;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.runtime.hypervisor.DeviceBus;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Which device stands at which addresses. Where nothing stands, and across the end of a device,
 * reads give all ones and writes are lost, as on an empty bus: a guest that probes is no error.
 */
public final class MmioBus implements DeviceBus {
  private record Place(long start, long sizeBytes, MmioDevice device) {}

  private final NavigableMap<Long, Place> places;

  private MmioBus(NavigableMap<Long, Place> places) {
    this.places = places;
  }

  /** Collects the devices of a machine, which are fixed before its first vCPU runs. */
  public static final class Builder {
    private final NavigableMap<Long, Place> places = new TreeMap<>();

    /**
     * @param start guest-physical address
     * @param sizeBytes of the range, at least 1
     * @throws Failure INVALID_ARGUMENT when the range overlaps another's
     */
    public Builder add(long start, long sizeBytes, MmioDevice device) {
      if (start < 0 || sizeBytes < 1 || start + sizeBytes < start) {
        throw Failure.of(
            FailureKind.INVALID_ARGUMENT,
            "no range of a device: %#x, %d bytes".formatted(start, sizeBytes));
      }
      Map.Entry<Long, Place> before = places.lowerEntry(start + sizeBytes);
      if (before != null && before.getKey() + before.getValue().sizeBytes > start) {
        throw Failure.of(
            FailureKind.INVALID_ARGUMENT,
            "a device at %#x would overlap the one at %#x".formatted(start, before.getKey()));
      }
      places.put(start, new Place(start, sizeBytes, device));
      return this;
    }

    public MmioBus build() {
      return new MmioBus(new TreeMap<>(places));
    }
  }

  @Override
  public long read(long guestAddress, int sizeBytes) {
    Place place = find(guestAddress, sizeBytes);
    return place == null ? -1 : place.device.read(guestAddress - place.start, sizeBytes);
  }

  @Override
  public void write(long guestAddress, int sizeBytes, long value) {
    Place place = find(guestAddress, sizeBytes);
    if (place != null) {
      place.device.write(guestAddress - place.start, sizeBytes, value);
    }
  }

  private @Nullable Place find(long address, int sizeBytes) {
    Map.Entry<Long, Place> at = places.floorEntry(address);
    if (at == null) {
      return null;
    }
    Place place = at.getValue();
    return address - place.start <= place.sizeBytes - sizeBytes ? place : null;
  }
}
