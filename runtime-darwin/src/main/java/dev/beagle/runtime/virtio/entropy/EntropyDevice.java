package dev.beagle.runtime.virtio.entropy;

import dev.beagle.runtime.virtio.ActiveQueues;
import dev.beagle.runtime.virtio.ConfigSpace;
import dev.beagle.runtime.virtio.DescriptorChain;
import dev.beagle.runtime.virtio.VirtioDevice;
import dev.beagle.runtime.virtio.VirtioTraits;
import java.lang.foreign.MemorySegment;
import java.security.SecureRandom;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Fills each buffer from the host's generator. See {@link VirtioDevice} for threads. */
public final class EntropyDevice implements VirtioDevice {
  /** A guest that asks for more gets this much, and asks again. */
  static final int MAX_BYTES = 64 * 1024;

  private static final VirtioTraits TRAITS = new VirtioTraits("entropy", 4, 0, List.of(8));

  private final SecureRandom random = new SecureRandom();
  private final ConfigSpace config = new ConfigSpace(new byte[0]);
  private @Nullable ActiveQueues queues;

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
    if (queues != null) {
      queues.serve(queue, this::fill);
    }
  }

  private long fill(DescriptorChain chain) {
    long filled = 0;
    for (MemorySegment part : chain.writable()) {
      byte[] bytes = new byte[(int) Math.min(part.byteSize(), MAX_BYTES - filled)];
      random.nextBytes(bytes);
      MemorySegment.copy(MemorySegment.ofArray(bytes), 0, part, 0, bytes.length);
      filled += bytes.length;
    }
    return filled;
  }

  @Override
  public void reset() {
    queues = null;
  }
}
