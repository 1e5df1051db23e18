package dev.beagle.guestimage.deb;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.guestimage.tree.FileNode;
import dev.beagle.guestimage.tree.FileTree;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.function.Predicate;
import org.apache.commons.compress.archivers.ar.ArArchiveEntry;
import org.apache.commons.compress.archivers.ar.ArArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/**
 * Reads a package file (deb(5), format 2.0) into a tree in memory; nothing of it is written or run.
 * Holds for hostile files too: what is too large, leads elsewhere or is no such archive is refused.
 */
public final class DebFile {
  private static final String FORMAT_MEMBER = "debian-binary";
  private static final String FORMAT = "2.";
  private static final int FORMAT_BYTES = 64;
  private static final String DATA_MEMBER = "data.tar";
  private static final int MEMBERS = 16;
  private static final int ENTRIES = 200_000;

  /** Types of entries that are files: of old archives, of today's, and one that counts as that. */
  private static final Set<Byte> PLAIN =
      Set.of(TarConstants.LF_OLDNORM, TarConstants.LF_NORMAL, TarConstants.LF_CONTIG);

  private final Predicate<String> wanted;
  private final long limitBytes;
  private final FileTree tree = new FileTree();

  private DebFile(Predicate<String> wanted, long limitBytes) {
    this.wanted = wanted;
    this.limitBytes = limitBytes;
  }

  /**
   * @param wanted which paths to keep, "usr/bin/crun"
   * @param limitBytes that the package may unpack to, kept or not
   * @return the kept files and links; modes without the bits for set-uid and the like
   * @throws Failure CORRUPTED
   */
  public static FileTree read(Path file, Predicate<String> wanted, long limitBytes) {
    DebFile reader = new DebFile(wanted, limitBytes);
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file));
        ArArchiveInputStream members = new ArArchiveInputStream(in)) {
      reader.readMembers(members);
      return reader.tree;
    } catch (Failure failure) {
      throw Failure.of(
          failure.kind(), "package " + file.getFileName() + ": " + failure.reason(), failure);
    } catch (IOException | IllegalArgumentException | ArithmeticException error) {
      throw Failure.of(
          FailureKind.CORRUPTED,
          "package %s cannot be unpacked: %s".formatted(file.getFileName(), error.getMessage()),
          error);
    }
  }

  private void readMembers(ArArchiveInputStream members) throws IOException {
    ArArchiveEntry first = members.getNextEntry();
    if (first == null || !first.getName().equals(FORMAT_MEMBER)) {
      throw Failure.corrupted("it does not begin with " + FORMAT_MEMBER);
    }
    String format = new String(members.readNBytes(FORMAT_BYTES), StandardCharsets.UTF_8).strip();
    if (!format.startsWith(FORMAT)) {
      throw Failure.corrupted("its format is \"%s\", known is 2.0".formatted(format));
    }
    for (int count = 1; count < MEMBERS; count++) {
      ArArchiveEntry member = members.getNextEntry();
      if (member == null) {
        break;
      }
      if (member.getName().startsWith(DATA_MEMBER)) {
        String packing = member.getName().substring(DATA_MEMBER.length());
        readTar(Unpacking.open(packing, members, limitBytes));
        return;
      }
    }
    throw Failure.corrupted("it has no " + DATA_MEMBER);
  }

  /** The streams end with the file. */
  @SuppressWarnings("resource")
  private void readTar(InputStream in) throws IOException {
    TarArchiveInputStream tar = new TarArchiveInputStream(in, StandardCharsets.UTF_8.name());
    int entries = 0;
    for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
      if (++entries > ENTRIES) {
        throw Failure.corrupted("it has more than %d files".formatted(ENTRIES));
      }
      String path = path(entry.getName());
      if (!entry.isDirectory() && wanted.test(path)) {
        tree.add(path, node(path, entry, tar));
      }
    }
  }

  /** Packages name their files "./usr/bin/crun". */
  private static String path(String name) {
    String path = name.startsWith("./") ? name.substring(2) : name;
    path = path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
    if (path.equals(".") || path.isEmpty()) {
      return "";
    }
    FileTree.requirePath(path);
    return path;
  }

  private FileNode node(String path, TarArchiveEntry entry, TarArchiveInputStream tar)
      throws IOException {
    if (entry.isSymbolicLink()) {
      return new FileNode.Symlink(entry.getLinkName());
    }
    int mode = entry.getMode() & 0777;
    if (entry.isLink()) {
      String target = path(entry.getLinkName());
      return tree.file(target)
          .map(known -> new FileNode.Regular(mode, known.content()))
          .orElseThrow(() ->
              Failure.corrupted("%s links to %s, which is not there".formatted(path, target)));
    }
    if (!PLAIN.contains(entry.getLinkFlag())) {
      throw Failure.corrupted("%s is no file or link".formatted(path));
    }
    if (entry.getSize() > Math.min(limitBytes, Integer.MAX_VALUE - 8)) {
      throw Failure.corrupted("%s has %d bytes".formatted(path, entry.getSize()));
    }
    byte[] content = tar.readNBytes((int) entry.getSize());
    if (content.length != entry.getSize()) {
      throw Failure.corrupted("%s ends early".formatted(path));
    }
    return new FileNode.Regular(mode, ByteBuffer.wrap(content));
  }
}
