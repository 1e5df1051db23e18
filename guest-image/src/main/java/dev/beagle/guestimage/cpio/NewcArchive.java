package dev.beagle.guestimage.cpio;

import dev.beagle.guestimage.tree.FileNode;
import dev.beagle.guestimage.tree.FileTree;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * Writes trees as a cpio archive of the format "newc" (Linux:
 * Documentation/driver-api/early-userspace/buffer-format.rst). The bytes follow from the trees
 * alone: entries in the trees' order, inode numbers counted from 1, owner 0:0, times and devices 0.
 * Confined to one thread.
 */
public final class NewcArchive {
  private static final int ALIGNMENT = 4;

  /** As other writers do; the kernel asks for 4 only. */
  private static final int BLOCK = 512;

  private static final String TRAILER = "TRAILER!!!";

  private static final int DIRECTORY = 0040000;
  private static final int REGULAR = 0100000;
  private static final int SYMLINK = 0120000;
  private static final int CHARACTER_DEVICE = 0020000;

  private final OutputStream out;
  private final WritableByteChannel channel;
  private long written;
  private int inode;

  private NewcArchive(OutputStream out) {
    this.out = out;
    channel = Channels.newChannel(out);
  }

  /**
   * One archive of several trees, one behind the other: a path stands in one of them, and what a
   * later one needs above it stands in an earlier one.
   *
   * @return how many bytes were written
   */
  public static long write(OutputStream out, FileTree... trees) throws IOException {
    NewcArchive archive = new NewcArchive(out);
    for (FileTree tree : trees) {
      for (Map.Entry<String, FileNode> entry : tree.nodes().entrySet()) {
        archive.entry(entry.getKey(), entry.getValue());
      }
    }
    archive.end();
    return archive.written;
  }

  private void entry(String path, FileNode node) throws IOException {
    inode++;
    switch (node) {
      case FileNode.Directory _ -> {
        header(path, DIRECTORY | node.mode(), 2, 0, 0, 0);
      }
      case FileNode.Regular file -> {
        header(path, REGULAR | node.mode(), 1, file.sizeBytes(), 0, 0);
        data(file.content());
      }
      case FileNode.Symlink link -> {
        byte[] target = link.target().getBytes(StandardCharsets.UTF_8);
        header(path, SYMLINK | node.mode(), 1, target.length, 0, 0);
        data(ByteBuffer.wrap(target));
      }
      case FileNode.CharacterDevice device ->
          header(path, CHARACTER_DEVICE | node.mode(), 1, 0, device.major(), device.minor());
    }
  }

  private void end() throws IOException {
    inode = 0;
    header(TRAILER, 0, 1, 0, 0, 0);
    pad(BLOCK);
    out.flush();
  }

  /** Owner, time, the file's own device and the checksum are 0. */
  private void header(String path, int mode, int links, int size, int major, int minor)
      throws IOException {
    byte[] name = path.getBytes(StandardCharsets.UTF_8);
    String fields =
        "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X"
            .formatted(inode, mode, 0, 0, links, 0, size, 0, 0, major, minor, name.length + 1, 0);
    data(fields.getBytes(StandardCharsets.US_ASCII), 1);
    data(name, 1);
    out.write(0);
    written++;
    pad(ALIGNMENT);
  }

  private void data(byte[] bytes, int alignment) throws IOException {
    out.write(bytes);
    written += bytes.length;
    pad(alignment);
  }

  private void data(ByteBuffer bytes) throws IOException {
    written += bytes.remaining();
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
    pad(ALIGNMENT);
  }

  private void pad(int alignment) throws IOException {
    while (written % alignment != 0) {
      out.write(0);
      written++;
    }
  }
}
