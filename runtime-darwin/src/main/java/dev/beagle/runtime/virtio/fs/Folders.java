package dev.beagle.runtime.virtio.fs;

import dev.beagle.runtime.posix.Descriptor;
import dev.beagle.runtime.posix.FileStatus;
import dev.beagle.runtime.posix.HostErrno;
import dev.beagle.runtime.posix.HostFiles;
import dev.beagle.runtime.virtio.fs.Handles.OpenFile;
import dev.beagle.runtime.virtio.fs.Handles.OpenFolder;
import dev.beagle.runtime.virtio.fs.Handles.OpenRoot;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** What the host says of nodes and folders. Belongs to the device's worker thread. */
final class Folders {
  private static final int DIRENT = 24;
  private static final int TYPE_SHIFT = 12;

  private final NodeTable nodes;
  private final Handles handles;

  Folders(NodeTable nodes, Handles handles) {
    this.nodes = nodes;
    this.handles = handles;
  }

  FileStatus statusOf(Node parent, byte[] name) throws Errno, HostErrno {
    requireFolder(parent);
    return parent.inside(folder -> HostFiles.status(folder, name));
  }

  FileStatus statusOf(Node node) throws Errno, HostErrno {
    return node.status();
  }

  FileStatus statusOf(OpenFile file) throws HostErrno {
    return HostFiles.status(file.descriptor());
  }

  private static void requireFolder(Node node) throws Errno {
    if (node.isEntry() && !node.entry().status().isFolder()) {
      throw new Errno(Errno.ENOTDIR);
    }
  }

  byte[] readLink(Node node) throws Errno, HostErrno {
    if (node.isEntry()) {
      throw new Errno(Errno.EINVAL);
    }
    return node.inParent(HostFiles::readLink);
  }

  /** Plain files only: to open what else there is would do something. */
  OpenFile open(Node node) throws Errno, HostErrno {
    if (node.isEntry()) {
      if (node.entry().status().isFolder()) {
        throw new Errno(Errno.EISDIR);
      }
      return new OpenFile(node.entry(), node.entry().descriptor(), false);
    }
    if (!node.status().isFile()) {
      throw new Errno(Errno.EACCES);
    }
    Descriptor file = node.inParent(HostFiles::openFile);
    try {
      FileStatus found = HostFiles.status(file);
      node.requireSame(found);
      if (!found.isFile()) {
        throw new Errno(Errno.EACCES);
      }
      return new OpenFile(node.entry(), file, true);
    } catch (Errno | HostErrno error) {
      file.close();
      throw error;
    }
  }

  OpenFolder openFolder(Node node) throws Errno, HostErrno {
    requireFolder(node);
    int most = handles.roomForNames();
    List<byte[]> names = node.inside(folder -> HostFiles.list(folder, most));
    return new OpenFolder(node.entry(), node, names);
  }

  OpenRoot openRoot(Export export) {
    return new OpenRoot(export.all());
  }

  /** Entries of the export, from a position on, as many as there is room for. */
  void listRoot(OpenRoot root, Export export, long offset, boolean plus, ByteBuffer out)
      throws Errno {
    List<Export.Entry> entries = root.entries();
    for (long at = position(offset); at < entries.size(); at++) {
      Export.Entry entry = entries.get((int) at);
      byte[] name = entry.name().getBytes(StandardCharsets.UTF_8);
      if (!export.contains(entry)) {
        continue;
      }
      if (out.remaining() < recordBytes(name, plus)) {
        return;
      }
      if (plus) {
        FileStatus status;
        try {
          status = entry.current();
        } catch (HostErrno gone) {
          continue;
        }
        writeEntry(() -> nodes.found(entry), status, entry, out);
      }
      writeName(entry.status(), at + 1, name, out);
    }
  }

  /** Entries of a folder likewise. What vanished meanwhile is left out. */
  void list(OpenFolder folder, long offset, boolean plus, ByteBuffer out) throws Errno, HostErrno {
    if (position(offset) >= folder.names().size()) {
      return;
    }
    Node node = folder.node();
    var _ =
        node.inside(descriptor -> {
          write(descriptor, folder, position(offset), plus, out);
          return out.position();
        });
  }

  private void write(
      Descriptor descriptor, OpenFolder folder, long from, boolean plus, ByteBuffer out) {
    List<byte[]> names = folder.names();
    for (long at = from; at < names.size(); at++) {
      byte[] name = names.get((int) at);
      if (out.remaining() < recordBytes(name, plus)) {
        return;
      }
      FileStatus status;
      try {
        status = HostFiles.status(descriptor, name);
      } catch (HostErrno gone) {
        continue;
      }
      if (plus) {
        writeEntry(() -> nodes.found(folder.node(), name, status), status, folder.entry(), out);
      }
      writeName(status, at + 1, name, out);
    }
  }

  private interface Finding {
    Node find() throws Errno;
  }

  /** One that the guest can have no more nodes for is listed without: it was told of the others. */
  private static void writeEntry(
      Finding finding, FileStatus status, Export.Entry entry, ByteBuffer out) {
    long number;
    try {
      number = finding.find().number;
    } catch (Errno full) {
      number = 0;
    }
    Attributes.writeEntry(number, status, entry.immutable(), out);
  }

  private static long position(long offset) throws Errno {
    if (offset < 0) {
      throw new Errno(Errno.EINVAL);
    }
    return offset;
  }

  private static int recordBytes(byte[] name, boolean plus) {
    return (plus ? Attributes.ENTRY_BYTES : 0) + DIRENT + padded(name.length);
  }

  private static int padded(int length) {
    return (length + 7) & ~7;
  }

  /**
   * {@code struct fuse_dirent}.
   *
   * @param next position of the one behind it
   */
  private static void writeName(FileStatus status, long next, byte[] name, ByteBuffer out) {
    out.putLong(status.inode()).putLong(next).putInt(name.length);
    out.putInt(status.mode() >>> TYPE_SHIFT & 15);
    int end = out.position() + padded(name.length);
    out.put(name);
    while (out.position() < end) {
      out.put((byte) 0);
    }
  }
}
