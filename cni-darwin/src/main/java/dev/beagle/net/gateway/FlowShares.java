package dev.beagle.net.gateway;

import dev.beagle.net.link.SwitchPort;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedSet;
import org.jspecify.annotations.Nullable;

/**
 * The flows of a table by the port that has them, oldest first. A port has a quarter of the table
 * at most, so that no pod takes the descriptors of all.
 */
final class FlowShares<F> {
  private static final int SHARES = 4;

  private final int all;
  private final Map<SwitchPort, LinkedHashSet<F>> flows = new HashMap<>();
  private int size;

  FlowShares(int all) {
    this.all = all;
  }

  int size() {
    return size;
  }

  /**
   * Whose flow must go before this port opens another: its own at its bound, else of the port with
   * the most if the table is full; null while there is room.
   */
  @Nullable SwitchPort crowded(SwitchPort opener) {
    if (count(opener) >= Math.max(1, all / SHARES)) {
      return opener;
    }
    if (size < all) {
      return null;
    }
    SwitchPort most = opener;
    for (SwitchPort port : flows.keySet()) {
      most = count(port) > count(most) ? port : most;
    }
    return most;
  }

  private int count(SwitchPort port) {
    LinkedHashSet<F> own = flows.get(port);
    return own == null ? 0 : own.size();
  }

  void add(SwitchPort port, F flow) {
    if (flows.computeIfAbsent(port, _ -> new LinkedHashSet<>()).add(flow)) {
      size++;
    }
  }

  /** Idempotent. */
  void remove(SwitchPort port, F flow) {
    LinkedHashSet<F> own = flows.get(port);
    if (own != null && own.remove(flow)) {
      size--;
      if (own.isEmpty()) {
        flows.remove(port);
      }
    }
  }

  /** The flow was used: it is the youngest now. */
  void used(SwitchPort port, F flow) {
    LinkedHashSet<F> own = flows.get(port);
    if (own != null) {
      own.addLast(flow);
    }
  }

  /** Oldest first. */
  SequencedSet<F> of(SwitchPort port) {
    LinkedHashSet<F> own = flows.get(port);
    return own == null ? new LinkedHashSet<>() : own;
  }

  List<F> copyOf(SwitchPort port) {
    return new ArrayList<>(of(port));
  }
}
