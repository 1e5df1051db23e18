package dev.beagle.runtime.virtio.fs;

import dev.beagle.runtime.posix.Descriptor;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What the guest has open, by number. Bounded. Belongs to the device's worker thread. */
final class Handles {
  private static final int MOST_HANDLES = 4096;

  /** Names that open folders hold, together. */
  private static final int MOST_NAMES = 1 << 20;

  /** Something open. */
  sealed interface Handle {}

  /** The root, with its entries as they were when it was opened. */
  record OpenRoot(List<Export.Entry> entries) implements Handle {}

  /**
   * A file.
   *
   * @param owned whether the descriptor is the handle's own and not the entry's
   */
  record OpenFile(Export.Entry entry, Descriptor descriptor, boolean owned) implements Handle {}

  /** A folder below an entry, with its names as they were when it was opened. */
  record OpenFolder(Export.Entry entry, Node node, List<byte[]> names) implements Handle {}

  private final Map<Long, Handle> handles = new HashMap<>();
  private long next = 1;
  private int names;

  /**
   * @throws Errno ENFILE with too many
   */
  long add(Handle handle) throws Errno {
    int more = names(handle);
    if (handles.size() >= MOST_HANDLES || names + more > MOST_NAMES) {
      close(handle);
      throw new Errno(Errno.ENFILE);
    }
    names += more;
    handles.put(next, handle);
    return next++;
  }

  /** How many names an open folder may have. */
  int roomForNames() {
    return MOST_NAMES - names;
  }

  private static int names(Handle handle) {
    return switch (handle) {
      case OpenFolder folder -> folder.names.size();
      case OpenRoot root -> root.entries.size();
      case OpenFile _ -> 0;
    };
  }

  OpenFile file(long number) throws Errno {
    if (handles.get(number) instanceof OpenFile file) {
      return file;
    }
    throw new Errno(Errno.EBADF);
  }

  OpenFolder folder(long number) throws Errno {
    if (handles.get(number) instanceof OpenFolder folder) {
      return folder;
    }
    throw new Errno(Errno.EBADF);
  }

  OpenRoot root(long number) throws Errno {
    if (handles.get(number) instanceof OpenRoot root) {
      return root;
    }
    throw new Errno(Errno.EBADF);
  }

  void release(long number) {
    Handle handle = handles.remove(number);
    if (handle != null) {
      names -= names(handle);
      close(handle);
    }
  }

  boolean uses(Export.Entry entry) {
    return handles.values().stream()
        .anyMatch(handle -> handle instanceof OpenFile file && file.entry.equals(entry));
  }

  void clear() {
    handles.values().forEach(Handles::close);
    handles.clear();
    names = 0;
  }

  private static void close(Handle handle) {
    if (handle instanceof OpenFile file && file.owned) {
      file.descriptor.close();
    }
  }
}
