package dev.beagle.runtime.virtio.fs;

import dev.beagle.runtime.posix.FileStatus;
import dev.beagle.runtime.posix.HostErrno;
import dev.beagle.runtime.virtio.DescriptorChain;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Answers FUSE 7 requests about an export: everything that reads. What would write is answered with
 * EROFS, what is not known with ENOSYS, which Linux takes for "never again". Belongs to the
 * device's worker thread.
 */
final class FuseServer {
  static final int MAJOR = 7;

  /** Of Linux 6.12. */
  static final int MINOR = 41;

  static final int LOOKUP = 1;
  static final int FORGET = 2;
  static final int GETATTR = 3;
  static final int READLINK = 5;
  static final int OPEN = 14;
  static final int READ = 15;
  static final int STATFS = 17;
  static final int RELEASE = 18;
  static final int FLUSH = 25;
  static final int INIT = 26;
  static final int OPENDIR = 27;
  static final int READDIR = 28;
  static final int RELEASEDIR = 29;
  static final int DESTROY = 38;
  static final int IOCTL = 39;
  static final int BATCH_FORGET = 42;
  static final int READDIRPLUS = 44;

  /** SETATTR, SYMLINK, MKNOD, MKDIR, UNLINK, RMDIR, RENAME, LINK, WRITE and so on. */
  private static final long WRITING =
      1L << 4 | 1L << 6 | 1L << 8 | 1L << 9 | 1L << 10 | 1L << 11 | 1L << 12 | 1L << 13 | 1L << 16
          | 1L << 21 | 1L << 24 | 1L << 35 | 1L << 43 | 1L << 45;

  // Flags of INIT that are taken where they are offered.
  private static final int ASYNC_READ = 1;
  private static final int AUTO_INVALIDATE = 1 << 12;
  private static final int READDIRPLUS_FLAG = 1 << 13;
  private static final int READDIRPLUS_AUTO = 1 << 14;
  private static final int PARALLEL_FOLDERS = 1 << 18;
  private static final int MAX_PAGES = 1 << 22;
  private static final int CACHE_LINKS = 1 << 23;
  private static final int TAKEN =
      ASYNC_READ
          | 1 << 15 // ASYNC_DIO
          | AUTO_INVALIDATE
          | READDIRPLUS_FLAG
          | READDIRPLUS_AUTO
          | PARALLEL_FOLDERS
          | MAX_PAGES
          | CACHE_LINKS;

  private static final int MAX_BACKGROUND = 64;
  private static final int CONGESTION = 48;
  private static final int MAX_WRITE = 4096;
  private static final int MOST_PAGES = 256;

  // Flags of an answer to OPEN.
  private static final int KEEP_CACHE = 2;
  private static final int NO_FLUSH = 0x20;

  private static final int O_ACCMODE = 3;
  private static final int O_TRUNC = 0x200;

  private static final int MOST_NODES = 256 * 1024;

  private final Export export;
  private final NodeTable nodes = new NodeTable(MOST_NODES);
  private final Handles handles = new Handles();
  private final Folders folders = new Folders(nodes, handles);

  /** Taken away, and in use. */
  private final List<Export.Entry> waiting = new ArrayList<>();

  FuseServer(Export export) {
    this.export = export;
  }

  /** Answers one request; how many bytes it wrote. */
  long answer(DescriptorChain chain) {
    closeRemoved();
    FuseRequest request;
    try {
      request = FuseRequest.of(chain);
    } catch (Errno none) {
      return 0; // nobody can be answered
    }
    FuseReply reply = new FuseReply(chain, request.unique);
    try {
      if (!request.whole(chain)) {
        throw new Errno(Errno.EINVAL);
      }
      return answer(request, reply);
    } catch (Errno error) {
      return reply.fail(error.number());
    } catch (HostErrno error) {
      // ENOSYS of the host would be understood as ours.
      return reply.fail(error.linux() == Errno.ENOSYS ? Errno.EIO : error.linux());
    }
  }

  private long answer(FuseRequest request, FuseReply reply) throws Errno, HostErrno {
    return switch (request.opcode) {
      case INIT -> init(request, reply);
      case LOOKUP -> lookup(request, reply);
      case FORGET -> {
        nodes.forget(request.node, request.wide());
        yield 0;
      }
      case BATCH_FORGET -> forgetAll(request);
      case GETATTR -> attributes(request, reply);
      case READLINK -> reply.body(ByteBuffer.wrap(folders.readLink(live(request.node))));
      case OPEN -> open(request, reply);
      case READ -> read(request, reply);
      case RELEASE, RELEASEDIR -> {
        handles.release(request.wide());
        yield reply.body(ByteBuffer.allocate(0));
      }
      case FLUSH -> reply.body(ByteBuffer.allocate(0));
      case OPENDIR -> openFolder(request, reply);
      case READDIR -> list(request, reply, false);
      case READDIRPLUS -> list(request, reply, true);
      case STATFS -> fileSystem(reply);
      case DESTROY -> {
        reset();
        yield reply.body(ByteBuffer.allocate(0));
      }
      case IOCTL -> throw new Errno(Errno.ENOTTY);
      default -> throw new Errno(writes(request.opcode) ? Errno.EROFS : Errno.ENOSYS);
    };
  }

  private static boolean writes(int opcode) {
    return opcode >= 0 && opcode < Long.SIZE && (WRITING >>> opcode & 1) != 0;
  }

  private static ByteBuffer buffer(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private long init(FuseRequest request, FuseReply reply) throws Errno {
    int major = request.number();
    int minor = request.number();
    int readAhead = request.number();
    int offered = request.number();
    ByteBuffer out = buffer(64);
    out.putInt(MAJOR).putInt(Math.min(minor, MINOR));
    if (major <= MAJOR) {
      reset();
      out.putInt(readAhead).putInt(offered & TAKEN);
      out.putShort((short) MAX_BACKGROUND).putShort((short) CONGESTION);
      out.putInt(MAX_WRITE).putInt(1).putShort((short) MOST_PAGES);
    }
    return reply.body(out.position(64).flip());
  }

  private long lookup(FuseRequest request, FuseReply reply) throws Errno, HostErrno {
    byte[] name = request.name();
    ByteBuffer out = buffer(Attributes.ENTRY_BYTES);
    if (request.node == NodeTable.ROOT) {
      Export.Entry entry =
          export
              .find(new String(name, StandardCharsets.UTF_8))
              .orElseThrow(() -> new Errno(Errno.ENOENT));
      FileStatus status = entry.current();
      Node node = nodes.found(entry);
      Attributes.writeEntry(node.number, status, entry.immutable(), out);
      return told(node, reply.body(out.flip()));
    }
    Node parent = live(request.node);
    FileStatus status = folders.statusOf(parent, name);
    Node node = nodes.found(parent, name, status);
    Attributes.writeEntry(node.number, status, node.entry().immutable(), out);
    return told(node, reply.body(out.flip()));
  }

  /** Takes a count back where the answer did not reach the guest. */
  private long told(Node node, long written) {
    if (written <= FuseReply.HEADER) {
      nodes.forget(node.number, 1);
    }
    return written;
  }

  private long forgetAll(FuseRequest request) throws Errno {
    int count = request.number();
    request.number();
    for (int i = 0; i < count; i++) {
      nodes.forget(request.wide(), request.wide());
    }
    return 0;
  }

  /** A node whose entry has not been taken away. */
  private Node live(long number) throws Errno {
    return live(nodes.get(number));
  }

  private Node live(Node node) throws Errno {
    if (!export.contains(node.entry())) {
      throw new Errno(Errno.ESTALE);
    }
    return node;
  }

  private long attributes(FuseRequest request, FuseReply reply) throws Errno, HostErrno {
    boolean byHandle = (request.number() & 1) != 0;
    request.number();
    long handle = request.wide();
    ByteBuffer out = buffer(104);
    if (request.node == NodeTable.ROOT) {
      out.putLong(Attributes.validity(false)).putLong(0);
      Attributes.write(Attributes.ROOT, out);
      return reply.body(out.flip());
    }
    FileStatus status =
        byHandle ? folders.statusOf(handles.file(handle)) : folders.statusOf(live(request.node));
    boolean immutable = nodes.get(request.node).entry().immutable();
    out.putLong(Attributes.validity(immutable)).putLong(0);
    Attributes.write(status, out);
    return reply.body(out.flip());
  }

  private long open(FuseRequest request, FuseReply reply) throws Errno, HostErrno {
    int flags = request.number();
    if ((flags & O_ACCMODE) != 0 || (flags & O_TRUNC) != 0) {
      throw new Errno(Errno.EROFS);
    }
    if (request.node == NodeTable.ROOT) {
      throw new Errno(Errno.EISDIR);
    }
    Node node = live(request.node);
    long handle = handles.add(folders.open(node));
    int answer = node.entry().immutable() ? KEEP_CACHE | NO_FLUSH : NO_FLUSH;
    return opened(handle, answer, reply);
  }

  private long opened(long handle, int flags, FuseReply reply) {
    long written = reply.body(buffer(16).putLong(handle).putInt(flags).putInt(0).flip());
    if (written <= FuseReply.HEADER) {
      handles.release(handle);
    }
    return written;
  }

  private long read(FuseRequest request, FuseReply reply) throws Errno, HostErrno {
    Handles.OpenFile file = handles.file(request.wide());
    long offset = request.wide();
    int size = request.number();
    if (offset < 0 || size < 0) {
      throw new Errno(Errno.EINVAL);
    }
    return reply.file(file.descriptor(), offset, size);
  }

  private long openFolder(FuseRequest request, FuseReply reply) throws Errno, HostErrno {
    Handles.Handle opened =
        request.node == NodeTable.ROOT
            ? folders.openRoot(export)
            : folders.openFolder(live(request.node));
    return opened(handles.add(opened), 0, reply);
  }

  private long list(FuseRequest request, FuseReply reply, boolean plus) throws Errno, HostErrno {
    long handle = request.wide();
    long offset = request.wide();
    int size = request.number();
    ByteBuffer out = buffer(Math.clamp(size, 0, Math.min(reply.room(), 1 << 20)));
    if (request.node == NodeTable.ROOT) {
      folders.listRoot(handles.root(handle), export, offset, plus, out);
    } else {
      Handles.OpenFolder folder = handles.folder(handle);
      live(folder.node());
      folders.list(folder, offset, plus, out);
    }
    return reply.body(out.flip());
  }

  /** A file system without room. */
  private static long fileSystem(FuseReply reply) {
    ByteBuffer out = buffer(80);
    out.position(40);
    out.putInt(4096).putInt(255).putInt(4096);
    return reply.body(out.position(80).flip());
  }

  /** Entries that were taken away are closed with the last handle of theirs. */
  private void closeRemoved() {
    export.takeRemoved(waiting);
    waiting.removeIf(entry -> {
      boolean unused = !handles.uses(entry);
      if (unused) {
        entry.descriptor().close();
      }
      return unused;
    });
  }

  /** Forgets what the guest knew. */
  void reset() {
    handles.clear();
    nodes.clear();
  }
}
