package dev.beagle.image.erofs;

import dev.beagle.image.tar.TarLimits;
import dev.beagle.image.tar.TarReader;
import dev.beagle.image.tar.TarXattr;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

/** Makes images out of archives, and lines of text out of images. */
final class TestImages {
  static final UUID ID = new UUID(0x0011223344558677L, 0x8899aabbccddeeffL);

  private TestImages() {}

  static Path write(Path image, byte[] archive) {
    return write(image, archive, ErofsLimits.DEFAULT);
  }

  static Path write(Path image, byte[] archive, ErofsLimits limits) {
    try {
      Files.deleteIfExists(image);
      try (FileChannel channel =
              FileChannel.open(image, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
          ErofsWriter writer = new ErofsWriter(channel, limits)) {
        writer.addAll(new TarReader(new ByteArrayInputStream(archive), TarLimits.DEFAULT));
        writer.finish(ID);
      }
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
    return image;
  }

  /** Every path (ISO 8859-1, "/" for the root) with all that its inode says. */
  static Map<String, String> tree(Path image) {
    Map<String, String> lines = new TreeMap<>();
    try (ErofsReader reader = ErofsReader.open(image)) {
      Deque<Map.Entry<String, ErofsInode>> pending = new ArrayDeque<>();
      pending.add(Map.entry("/", reader.root()));
      while (!pending.isEmpty()) {
        Map.Entry<String, ErofsInode> next = pending.pop();
        ErofsInode inode = next.getValue();
        lines.put(next.getKey(), describe(reader, inode));
        if (inode.isDirectory()) {
          String base = next.getKey().equals("/") ? "/" : next.getKey() + "/";
          for (ErofsDirent entry : reader.list(inode, 1_000_000)) {
            if (!entry.isDots()) {
              ErofsInode child = reader.child(inode, entry.name()).orElseThrow();
              if (child.nid() != entry.nid() || child.type().direntType != entry.fileType()) {
                throw new AssertionError("entry " + entry + " is not " + child);
              }
              String name = new String(entry.name(), StandardCharsets.ISO_8859_1);
              pending.push(Map.entry(base + name, child));
            }
          }
        }
      }
    }
    return lines;
  }

  private static String describe(ErofsReader reader, ErofsInode inode) {
    StringBuilder line = new StringBuilder();
    line.append(
        "%s %o %d:%d %d.%09d nlink %d"
            .formatted(
                inode.type(),
                inode.mode() & 07777,
                inode.uid(),
                inode.gid(),
                inode.mtimeSeconds(),
                inode.mtimeNanos(),
                inode.nlink()));
    switch (inode.type()) {
      case REGULAR ->
          line.append(" content ")
              .append(HexFormat.of().formatHex(reader.readFile(inode, 1 << 20)));
      case SYMBOLIC_LINK ->
          line.append(" to ")
              .append(new String(reader.readLink(inode), StandardCharsets.ISO_8859_1));
      case CHARACTER_DEVICE, BLOCK_DEVICE ->
          line.append(" device %d:%d".formatted(inode.deviceMajor(), inode.deviceMinor()));
      default -> {}
    }
    for (TarXattr xattr : reader.xattrs(inode)) {
      line.append(' ')
          .append(new String(xattr.name(), StandardCharsets.ISO_8859_1))
          .append('=')
          .append(HexFormat.of().formatHex(xattr.value()));
    }
    return line.toString();
  }
}
