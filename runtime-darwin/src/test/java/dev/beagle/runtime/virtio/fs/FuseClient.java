package dev.beagle.runtime.virtio.fs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.runtime.virtio.mmio.Chains;
import dev.beagle.runtime.virtio.mmio.Chains.Piece;
import dev.beagle.runtime.virtio.mmio.Chains.Shape;
import dev.beagle.runtime.virtio.mmio.MmioDriver;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A guest's side of FUSE: one request after the other. */
final class FuseClient {
  static final int REQUESTS = 1;
  static final int ROOM = 64 * 1024;
  private static final long SENT = MmioDriver.DATA;
  private static final long ANSWER = MmioDriver.DATA + 0x4_0000;

  private final MmioDriver driver;
  private long unique = 100;

  FuseClient(MmioDriver driver) {
    this.driver = driver;
  }

  /** A node as an answer tells it. */
  record Found(long node, long inode, long size, int mode) {
    boolean isFolder() {
      return (mode & 0170000) == 0040000;
    }

    boolean isLink() {
      return (mode & 0170000) == 0120000;
    }
  }

  /**
   * An answer.
   *
   * @param used what the driver was told
   * @param error 0, or an errno
   */
  record Answer(int used, int error, ByteBuffer body) {
    Answer good() {
      assertThat(error).as("errno").isZero();
      return this;
    }

    Found entry() {
      ByteBuffer in = good().body;
      return new Found(in.getLong(0), in.getLong(40), in.getLong(48), in.getInt(40 + 60));
    }
  }

  static ByteBuffer arguments(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  static byte[] header(int length, int opcode, long unique, long node) {
    return arguments(40).putInt(length).putInt(opcode).putLong(unique).putLong(node).array();
  }

  Answer ask(int opcode, long node, ByteBuffer arguments) throws InterruptedException {
    return ask(opcode, node, arguments, ROOM);
  }

  Answer ask(int opcode, long node, ByteBuffer arguments, int room) throws InterruptedException {
    ByteBuffer body = arguments.clear();
    int length = 40 + body.remaining();
    ByteBuffer request = arguments(length);
    request.put(header(length, opcode, ++unique, node)).put(body).flip();
    return send(request, room);
  }

  /** Sends bytes as they are. */
  Answer send(ByteBuffer request, int room) throws InterruptedException {
    int length = request.remaining();
    driver.memory.slice(SENT, length).asByteBuffer().put(request);
    List<Piece> pieces = new ArrayList<>(List.of(new Piece(SENT, length, false)));
    if (room > 0) {
      pieces.add(new Piece(ANSWER, room, true));
    }
    int before = driver.usedIndex(REQUESTS);
    new Chains(driver).offer(REQUESTS, Shape.DIRECT, pieces);
    driver.kick(REQUESTS);
    driver.awaitUsedIndex(REQUESTS, before + 1);
    int used = driver.usedLength(REQUESTS);
    ByteBuffer answer = arguments(Math.max(used, 16));
    answer.put(driver.memory.slice(ANSWER, used).asByteBuffer()).clear();
    if (used >= 16) {
      assertThat(answer.getInt(0)).as("length of the answer").isEqualTo(used);
    }
    return new Answer(
        used,
        used < 16 ? 0 : -answer.getInt(4),
        answer.slice(16, answer.capacity() - 16).order(ByteOrder.LITTLE_ENDIAN));
  }

  Answer init() throws InterruptedException {
    return ask(FuseServer.INIT, 0, arguments(64).putInt(7).putInt(41).putInt(1 << 17).putInt(-1))
        .good();
  }

  Answer lookup(long parent, String name) throws InterruptedException {
    return lookup(parent, name.getBytes(StandardCharsets.UTF_8));
  }

  Answer lookup(long parent, byte[] name) throws InterruptedException {
    return ask(FuseServer.LOOKUP, parent, arguments(name.length + 1).put(name));
  }

  long open(int opcode, long node) throws InterruptedException {
    return ask(opcode, node, arguments(8)).good().body.getLong(0);
  }

  Answer read(long node, long handle, long offset, int size) throws InterruptedException {
    return ask(
        FuseServer.READ,
        node,
        arguments(40).putLong(handle).putLong(offset).putInt(size),
        size + 16);
  }

  void release(long node, long handle) throws InterruptedException {
    ask(FuseServer.RELEASE, node, arguments(24).putLong(handle)).good();
  }

  void forget(long node, long times) throws InterruptedException {
    assertThat(ask(FuseServer.FORGET, node, arguments(8).putLong(times), 0).used()).isZero();
  }

  String readLink(long node) throws InterruptedException {
    return StandardCharsets.UTF_8
        .decode(ask(FuseServer.READLINK, node, arguments(0)).good().body)
        .toString();
  }

  byte[] contentOf(long node) throws InterruptedException {
    long handle = open(FuseServer.OPEN, node);
    ByteBuffer all = ByteBuffer.allocate(1 << 20);
    ByteBuffer part;
    do {
      part = read(node, handle, all.position(), 5000).good().body;
      all.put(part);
    } while (part.capacity() > 0);
    release(node, handle);
    byte[] content = new byte[all.position()];
    all.get(0, content);
    return content;
  }

  /** Names and what they are, asked for in small pieces. */
  Map<String, Found> list(long node) throws InterruptedException {
    long handle = open(FuseServer.OPENDIR, node);
    Map<String, Found> entries = new TreeMap<>();
    long offset = 0;
    while (true) {
      ByteBuffer out =
          ask(
                  FuseServer.READDIRPLUS,
                  node,
                  arguments(40).putLong(handle).putLong(offset).putInt(600))
              .good()
              .body;
      if (out.capacity() == 0) {
        break;
      }
      assertThat(out.capacity()).isLessThanOrEqualTo(600);
      for (int at = 0; at < out.capacity(); ) {
        int entry = at;
        int dirent = at + 128;
        offset = out.getLong(dirent + 8);
        int length = out.getInt(dirent + 16);
        byte[] name = new byte[length];
        out.get(dirent + 24, name);
        entries.put(
            new String(name, StandardCharsets.UTF_8),
            new Found(
                out.getLong(entry),
                out.getLong(entry + 40),
                out.getLong(entry + 48),
                out.getInt(entry + 100)));
        at = dirent + 24 + ((length + 7) & ~7);
      }
    }
    ask(FuseServer.RELEASEDIR, node, arguments(24).putLong(handle)).good();
    return entries;
  }
}
