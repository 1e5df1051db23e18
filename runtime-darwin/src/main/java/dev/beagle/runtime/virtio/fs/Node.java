package dev.beagle.runtime.virtio.fs;

import dev.beagle.runtime.posix.Descriptor;
import dev.beagle.runtime.posix.FileStatus;
import dev.beagle.runtime.posix.HostErrno;
import dev.beagle.runtime.posix.HostFiles;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * What the guest knows by a number: an entry of the export, or something below one. Held as a way
 * from the entry, which is gone anew each time: no descriptor is kept for it, and what is found at
 * its end must be the same file. Belongs to the device's worker thread.
 */
final class Node {
  /** A file of the host, whatever its names; within one entry. */
  record Key(Export.Entry entry, long device, long inode) {}

  private static final int DEEPEST = 2048;

  final long number;
  final Key key;
  private @Nullable Node parent;
  private byte[] name;

  /** How often the guest was told of it. */
  long lookups;

  Node(long number, Key key, @Nullable Node parent, byte[] name) {
    this.number = number;
    this.key = key;
    this.parent = parent;
    this.name = name;
  }

  Export.Entry entry() {
    return key.entry;
  }

  boolean isEntry() {
    return parent == null;
  }

  /** It was found here last. */
  void moveTo(Node parent, byte[] name) {
    this.parent = parent;
    this.name = name;
  }

  /** What is done in the folder that holds it. */
  interface InFolder<T> {
    T run(Descriptor folder, byte[] name) throws HostErrno, Errno;
  }

  /** Does something beside the node, which is below an entry. */
  <T> T inParent(InFolder<T> work) throws HostErrno, Errno {
    Node above = parent;
    if (above == null) {
      throw new Errno(Errno.EIO);
    }
    return above.inside(folder -> work.run(folder, name));
  }

  /** What is done in an open folder. */
  interface Inside<T> {
    T run(Descriptor folder) throws HostErrno, Errno;
  }

  /** Does something in the node, a folder, after the way to it was gone. */
  <T> T inside(Inside<T> work) throws HostErrno, Errno {
    ArrayDeque<Node> way = new ArrayDeque<>();
    Node top = this;
    while (top.parent != null) {
      way.push(top);
      top = top.parent;
      if (way.size() > DEEPEST) {
        // Also where folders were moved into each other since they were looked up.
        throw new Errno(Errno.ESTALE);
      }
    }
    Descriptor at = key.entry.descriptor();
    try {
      for (Node next : way) {
        Descriptor below = HostFiles.openFolder(at, next.name);
        close(at);
        at = below;
      }
      requireSame(HostFiles.status(at));
      return work.run(at);
    } finally {
      close(at);
    }
  }

  private void close(Descriptor descriptor) {
    if (descriptor != key.entry.descriptor()) {
      descriptor.close();
    }
  }

  FileStatus status() throws HostErrno, Errno {
    FileStatus found =
        parent == null
            ? HostFiles.status(key.entry.descriptor())
            : inParent((folder, ownName) -> HostFiles.status(folder, ownName));
    requireSame(found);
    return found;
  }

  void requireSame(FileStatus found) throws Errno {
    if (found.inode() != key.inode || found.device() != key.device) {
      throw new Errno(Errno.ESTALE);
    }
  }
}
