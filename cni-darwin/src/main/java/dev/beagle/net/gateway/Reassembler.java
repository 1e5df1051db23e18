package dev.beagle.net.gateway;

import dev.beagle.net.flow.FlowKey;
import dev.beagle.net.link.SwitchCounters.Counter;
import dev.beagle.net.wire.Checksum;
import dev.beagle.net.wire.IpAddress;
import dev.beagle.net.wire.PacketView;
import dev.beagle.net.wire.VirtioNetHeader;
import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Puts fragments of pods' packets together again (RFC 791, RFC 5722's rule on overlaps for IPv4
 * too: the whole packet is dropped). At most 64 packets at once, 16 of them of one pod, 30 s each;
 * the oldest goes first, of a pod that has its share its own.
 */
final class Reassembler {
  private static final int IP = VirtioNetHeader.LENGTH + PacketView.ETHERNET_LENGTH;
  private static final int PAYLOAD = IP + 20;
  private static final int LARGEST = 65_535 - 20;
  private static final int AT_ONCE = 64;
  private static final int SHARE = AT_ONCE / 4;
  private static final long PATIENCE = 30_000_000_000L;

  private final Surroundings around;
  private final LinkedHashMap<FlowKey, Partial> partials = new LinkedHashMap<>();

  Reassembler(Surroundings around) {
    this.around = around;
  }

  /** Adds a fragment; the whole packet as a frame once it is complete, else null. */
  @Nullable ByteBuffer add(PacketView packet) {
    expire();
    FlowKey key =
        new FlowKey(
            packet.protocol(), packet.source(), packet.identification(), packet.destination(), 0);
    Partial partial = partials.get(key);
    if (partial == null) {
      makeRoom(packet.source());
      partial = new Partial(around.now());
      partials.put(key, partial);
    }
    if (!partial.add(packet)) {
      partials.remove(key);
      around.count(Counter.FRAGMENTS_LOST);
      return null;
    }
    if (!partial.isComplete()) {
      return null;
    }
    partials.remove(key);
    return partial.frame();
  }

  private void makeRoom(IpAddress sender) {
    int own = 0;
    FlowKey oldestOwn = null;
    for (FlowKey key : partials.keySet()) {
      if (key.guest().equals(sender)) {
        oldestOwn = oldestOwn == null ? key : oldestOwn;
        own++;
      }
    }
    if (oldestOwn != null && own >= SHARE) {
      lose(oldestOwn);
    } else if (partials.size() >= AT_ONCE) {
      lose(partials.firstEntry().getKey());
    }
  }

  private void expire() {
    long now = around.now();
    Map.Entry<FlowKey, Partial> oldest = partials.firstEntry();
    while (oldest != null && now - oldest.getValue().since > PATIENCE) {
      lose(oldest.getKey());
      oldest = partials.firstEntry();
    }
  }

  private void lose(FlowKey key) {
    partials.remove(key);
    around.count(Counter.FRAGMENTS_LOST);
  }

  private static final class Partial {
    private final long since;
    private final BitSet blocks = new BitSet();
    private ByteBuffer memory = ByteBuffer.allocate(PAYLOAD + 4096);
    private int length = -1;
    private boolean headed;

    Partial(long since) {
      this.since = since;
    }

    boolean add(PacketView packet) {
      int offset = packet.fragmentOffset();
      int count = packet.transportLength();
      int end = offset + count;
      boolean last = !packet.moreFragments();
      if (count == 0
          || end > LARGEST
          || (!last && count % 8 != 0)
          || (length >= 0 && (last || end > length))) {
        return false;
      }
      int firstBlock = offset / 8;
      int endBlock = (end + 7) / 8;
      int taken = blocks.nextSetBit(firstBlock);
      if ((taken >= 0 && taken < endBlock) || (last && blocks.length() > endBlock)) {
        return false;
      }
      blocks.set(firstBlock, endBlock);
      if (last) {
        length = end;
      }
      ensure(PAYLOAD + end);
      memory.put(PAYLOAD + offset, packet.buffer(), packet.transport(), count);
      if (offset == 0) {
        headed = true;
        memory.put(0, packet.buffer(), packet.header(), PAYLOAD);
      }
      return true;
    }

    private void ensure(int bytes) {
      if (memory.capacity() < bytes) {
        int grown = Math.min(Math.max(bytes, memory.capacity() * 4), PAYLOAD + LARGEST);
        memory = ByteBuffer.allocate(grown).put(memory.clear()).clear();
      }
    }

    boolean isComplete() {
      return headed && length >= 0 && blocks.nextClearBit(0) >= (length + 7) / 8;
    }

    ByteBuffer frame() {
      VirtioNetHeader.plain(memory, 0);
      memory.put(IP, (byte) 0x45);
      memory.putShort(IP + 2, (short) (20 + length));
      memory.putShort(IP + 6, (short) 0);
      memory.putShort(IP + 10, (short) 0);
      memory.putShort(IP + 10, (short) Checksum.finish(Checksum.sum(memory, IP, IP + 20)));
      return memory.clear().limit(PAYLOAD + length);
    }
  }
}
