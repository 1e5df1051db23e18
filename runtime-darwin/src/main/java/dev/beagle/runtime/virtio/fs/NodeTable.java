package dev.beagle.runtime.virtio.fs;

import dev.beagle.runtime.posix.FileStatus;
import java.util.HashMap;
import java.util.Map;

/**
 * The nodes that the guest knows, by numbers that are never given twice. Bounded. Belongs to the
 * device's worker thread.
 */
final class NodeTable {
  static final long ROOT = 1;

  private final int most;
  private final Map<Long, Node> byNumber = new HashMap<>();
  private final Map<Node.Key, Node> byKey = new HashMap<>();
  private long next = ROOT + 1;

  NodeTable(int most) {
    this.most = most;
  }

  /**
   * @throws Errno ESTALE for a number that the guest has not, or not any more
   */
  Node get(long number) throws Errno {
    Node node = byNumber.get(number);
    if (node == null) {
      throw new Errno(Errno.ESTALE);
    }
    return node;
  }

  /** An entry of the export was found. The guest is told of it once more. */
  Node found(Export.Entry entry) throws Errno {
    Node.Key key = new Node.Key(entry, entry.status().device(), entry.status().inode());
    Node node = byKey.get(key);
    return counted(node != null ? node : enter(new Node(next, key, null, new byte[0])));
  }

  /** Something was found in a folder. The guest is told of it once more. */
  Node found(Node parent, byte[] name, FileStatus status) throws Errno {
    Node.Key key = new Node.Key(parent.entry(), status.device(), status.inode());
    Node node = byKey.get(key);
    if (node == null) {
      return counted(enter(new Node(next, key, parent, name)));
    }
    if (!node.isEntry()) {
      node.moveTo(parent, name);
    }
    return counted(node);
  }

  private Node enter(Node node) throws Errno {
    if (byNumber.size() >= most) {
      throw new Errno(Errno.ENFILE);
    }
    next++;
    byNumber.put(node.number, node);
    byKey.put(node.key, node);
    return node;
  }

  private static Node counted(Node node) {
    node.lookups++;
    return node;
  }

  /** The guest forgets some of the times that it was told; all of them at most. */
  void forget(long number, long times) {
    Node node = byNumber.get(number);
    if (node != null) {
      node.lookups = times < 0 || times > node.lookups ? 0 : node.lookups - times;
      if (node.lookups == 0) {
        byNumber.remove(number);
        byKey.remove(node.key, node);
      }
    }
  }

  void clear() {
    byNumber.clear();
    byKey.clear();
  }

  int size() {
    return byNumber.size();
  }
}
