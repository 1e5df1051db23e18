package dev.beagle.runtime.hypervisor;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Keeps what was written; reads give zero. Any thread. */
public class RecordingBus implements DeviceBus {
  /** One store. */
  public record Store(long address, int sizeBytes, long value) {}

  private final List<Store> stores = new CopyOnWriteArrayList<>();

  @Override
  public long read(long guestAddress, int sizeBytes) {
    return 0;
  }

  @Override
  public void write(long guestAddress, int sizeBytes, long value) {
    stores.add(new Store(guestAddress, sizeBytes, value));
  }

  public final List<Store> stores() {
    return List.copyOf(stores);
  }
}
