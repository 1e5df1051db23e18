package dev.beagle.runtime.virtio.fs;

import dev.beagle.failure.Failure;
import dev.beagle.runtime.posix.Descriptor;
import dev.beagle.runtime.posix.FileStatus;
import dev.beagle.runtime.posix.HostErrno;
import dev.beagle.runtime.posix.HostFiles;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * What a guest finds in the root of its file system: files and folders of the host, by name. They
 * come and go while the guest runs; what is taken away is not found any more, and what the guest
 * has open of it stays open. Thread-safe.
 */
public final class Export implements AutoCloseable {
  private static final int MOST_ENTRIES = 16 * 1024;
  private static final int LONGEST_NAME = 255;

  /**
   * One of them. Opened once: whatever happens to its path, this is what the guest sees.
   *
   * @param immutable whether nobody writes to it, so that the guest may keep what it has read
   */
  record Entry(String name, Descriptor descriptor, FileStatus status, boolean immutable) {
    /** As it is now: what may be written to has another size than when it was added. */
    FileStatus current() throws HostErrno {
      return immutable ? status : HostFiles.status(descriptor);
    }
  }

  private final Map<String, Entry> entries = new TreeMap<>();
  private final Queue<Entry> removed = new ConcurrentLinkedQueue<>();
  private boolean closed;

  /**
   * Adds a file or a folder; nothing happens where that name is there.
   *
   * @param name one component of a path, of printable characters
   * @param immutable whether nobody writes to it as long as it is here
   * @throws Failure INVALID_ARGUMENT for a name that is none, a path that leads to neither file nor
   *     folder, or one that cannot be opened; EXHAUSTED with too many
   */
  public synchronized void add(String name, Path path, boolean immutable) {
    requireName(name);
    if (closed || entries.containsKey(name)) {
      return;
    }
    if (entries.size() >= MOST_ENTRIES) {
      throw Failure.exhausted("%d entries of the export".formatted(MOST_ENTRIES));
    }
    entries.put(name, open(name, path, immutable));
  }

  private static Entry open(String name, Path path, boolean immutable) {
    try {
      Descriptor descriptor = HostFiles.open(path);
      try {
        FileStatus status = HostFiles.status(descriptor);
        if (!status.isFile() && !status.isFolder()) {
          throw Failure.invalidArgument(path + " is neither a file nor a folder");
        }
        return new Entry(name, descriptor, status, immutable);
      } catch (HostErrno | RuntimeException error) {
        descriptor.close();
        throw error;
      }
    } catch (HostErrno error) {
      throw Failure.invalidArgument(
          "%s cannot be shown to the guest: %s".formatted(path, error.getMessage()));
    }
  }

  private static void requireName(String name) {
    boolean component =
        !name.isEmpty()
            && !name.equals(".")
            && !name.equals("..")
            && name.indexOf('/') < 0
            && name.chars().noneMatch(Character::isISOControl)
            && name.getBytes(StandardCharsets.UTF_8).length <= LONGEST_NAME;
    if (!component) {
      throw Failure.invalidArgument("no name of an entry: " + Failure.shown(name));
    }
  }

  /** Takes an entry away; an unknown name is fine. */
  public synchronized void remove(String name) {
    Entry entry = entries.remove(name);
    if (entry != null) {
      removed.add(entry);
    }
  }

  synchronized Optional<Entry> find(String name) {
    return Optional.ofNullable(entries.get(name));
  }

  synchronized boolean contains(Entry entry) {
    return entry.equals(entries.get(entry.name));
  }

  synchronized List<Entry> all() {
    return List.copyOf(entries.values());
  }

  /** Gives those that were taken away, once: who asks closes them. */
  void takeRemoved(List<Entry> target) {
    for (Entry entry = removed.poll(); entry != null; entry = removed.poll()) {
      target.add(entry);
    }
  }

  /** The machine has ended. */
  @Override
  public synchronized void close() {
    closed = true;
    entries.values().forEach(entry -> entry.descriptor.close());
    entries.clear();
    removed.forEach(entry -> entry.descriptor.close());
    removed.clear();
  }
}
