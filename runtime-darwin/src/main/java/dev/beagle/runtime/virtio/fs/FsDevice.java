package dev.beagle.runtime.virtio.fs;

import dev.beagle.runtime.virtio.ActiveQueues;
import dev.beagle.runtime.virtio.ConfigSpace;
import dev.beagle.runtime.virtio.VirtioDevice;
import dev.beagle.runtime.virtio.VirtioTraits;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A file system of the host's for the guest to mount by its tag. Requests are answered one after
 * the other on the device's worker: each costs a bounded number of system calls, and what is read
 * goes from the host's cache into the guest's memory without another copy. A reset waits for the
 * one under way. See {@link VirtioDevice} for the threads.
 */
public final class FsDevice implements VirtioDevice {
  private static final int TAG_BYTES = 36;

  /** The one for FORGET first, then the one for requests, which takes reads of 1 MiB. */
  private static final VirtioTraits TRAITS = new VirtioTraits("fs", 26, 0, List.of(128, 1024));

  private final ConfigSpace config;
  private final FuseServer server;
  private volatile @Nullable ActiveQueues queues;

  /**
   * @param tag by which the guest mounts it, at most 36 bytes
   * @param export stays its owner's
   */
  public FsDevice(String tag, Export export) {
    byte[] name = tag.getBytes(StandardCharsets.UTF_8);
    if (name.length == 0 || name.length > TAG_BYTES) {
      throw new IllegalArgumentException("a tag of %d bytes".formatted(name.length));
    }
    config =
        new ConfigSpace(
            ByteBuffer.allocate(TAG_BYTES + Integer.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(name)
                .putInt(TAG_BYTES, 1)
                .array());
    server = new FuseServer(export);
  }

  @Override
  public VirtioTraits traits() {
    return TRAITS;
  }

  @Override
  public ConfigSpace config() {
    return config;
  }

  @Override
  public void activate(ActiveQueues queues) {
    this.queues = queues;
  }

  @Override
  public void process(int queue) {
    ActiveQueues active = queues;
    if (active != null) {
      active.serve(queue, server::answer);
    }
  }

  @Override
  public void reset() {
    queues = null;
    server.reset();
  }
}
