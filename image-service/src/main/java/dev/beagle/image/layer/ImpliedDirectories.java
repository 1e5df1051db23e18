package dev.beagle.image.layer;

import dev.beagle.failure.Failure;
import dev.beagle.image.erofs.ErofsDirent;
import dev.beagle.image.erofs.ErofsInode;
import dev.beagle.image.erofs.ErofsReader;
import dev.beagle.image.layer.LayeredFiles.Found;
import dev.beagle.image.layer.LayeredFiles.Merged;
import dev.beagle.image.tar.DirectoryArchive;
import dev.beagle.image.tar.TarXattr;
import dev.beagle.lifecycle.Closer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Directories that a layer's archive left out although files are in them. Unpacked one layer after
 * the other, such a directory keeps what a lower layer says of it; but each layer is converted
 * alone, once for all images, and overlayfs shows the attributes of the topmost layer. The writer
 * marks them, and a stack of layers in which that matters gets a further one on top, with nothing
 * but those directories as the layers below describe them. One thread.
 */
final class ImpliedDirectories {
  private static final byte[] IMPLIED = ascii("trusted.overlay.beagle.implied");
  private static final byte[] IMPLIES = ascii("trusted.overlay.beagle.implies");
  private static final byte[] OVERLAY = ascii("trusted.overlay.");
  private static final int MAX_ENTRIES = 16_000_000;

  /** Entries read and names looked up in one layer each, for one image. */
  private static final long MAX_STEPS = 10_000_000;

  /** As d_type; we wrote the images, and a wrong one could only hide a directory. */
  private static final int DIRECTORY = 2;

  /** No program can name what is deeper. */
  private static final int MAX_PATH = 4096;

  private final Set<ErofsReader> implying;
  private final long maxSteps;
  private final DirectoryArchive archive = new DirectoryArchive();

  /** Directories from the root to where we are; those before this index are in the archive. */
  private final List<Step> way = new ArrayList<>();

  private int written;

  private long steps;

  private boolean any;

  @SuppressWarnings("ArrayRecordComponent") // Neither compared nor changed.
  private record Step(byte[] path, Merged directory) {}

  private ImpliedDirectories(Set<ErofsReader> implying, long maxSteps) {
    this.implying = implying;
    this.maxSteps = maxSteps;
  }

  /**
   * The tar of the layer to be put on top.
   *
   * @param layersLowestFirst EROFS images of one image; one may stand there more than once
   * @return empty where the stack is right as it is
   * @throws Failure CORRUPTED for a damaged layer; EXHAUSTED where there are too many; CANCELLED
   *     where the thread is interrupted
   */
  static Optional<byte[]> tarFor(List<Path> layersLowestFirst) {
    return tarFor(layersLowestFirst, MAX_STEPS);
  }

  static Optional<byte[]> tarFor(List<Path> layersLowestFirst, long maxSteps) {
    try (Closer closer = new Closer()) {
      List<ErofsReader> layers = new ArrayList<>();
      // What a layer says below its topmost place in the stack, it says there too.
      for (Path layer : new LinkedHashSet<>(layersLowestFirst.reversed()).reversed()) {
        layers.add(closer.register(ErofsReader.open(layer)));
      }
      // Below the lowest there is nothing to take attributes from.
      Set<ErofsReader> implying =
          layers.stream()
              .skip(1)
              .filter(layer -> has(layer, layer.root(), IMPLIES))
              .collect(Collectors.toUnmodifiableSet());
      if (implying.isEmpty()) {
        return Optional.empty();
      }
      ImpliedDirectories found = new ImpliedDirectories(implying, maxSteps);
      found.visit(new byte[0], new LayeredFiles(layers.reversed()).root());
      return found.any ? Optional.of(found.archive.build()) : Optional.empty();
    }
  }

  private void visit(byte[] path, Merged directory) {
    way.add(new Step(path, directory));
    // The root of a container is its own writable layer's, so the root alone matters to nobody.
    if (path.length > 0 && isWrong(directory)) {
      write();
    }
    for (byte[] name : candidates(directory)) {
      count(directory.parts().size());
      byte[] below = join(path, name);
      Optional<Merged> child = LayeredFiles.child(directory, name);
      if (below.length <= MAX_PATH && child.isPresent() && child.get().top().isDirectory()) {
        visit(below, child.get());
      }
    }
    way.removeLast();
    written = Math.min(written, way.size());
  }

  /** Names of directories that a layer leaves out, or that lead to such. */
  private Set<byte[]> candidates(Merged directory) {
    Set<byte[]> names = new TreeSet<>(Arrays::compareUnsigned);
    for (Found part : directory.parts()) {
      if (implying.contains(part.layer()) && has(part.layer(), part.inode(), IMPLIES)) {
        for (ErofsDirent entry : part.layer().list(part.inode(), MAX_ENTRIES)) {
          count(1);
          if (!entry.isDots() && isMarked(part.layer(), entry)) {
            names.add(entry.name());
          }
        }
      }
    }
    return names;
  }

  private static boolean isMarked(ErofsReader layer, ErofsDirent entry) {
    if (entry.fileType() != DIRECTORY) {
      return false;
    }
    ErofsInode inode = layer.inode(entry.nid());
    return inode.isDirectory() && (has(layer, inode, IMPLIED) || has(layer, inode, IMPLIES));
  }

  private void count(int more) {
    if (Thread.currentThread().isInterrupted()) {
      throw Failure.cancelled("interrupted while completing the layers of an image");
    }
    steps += more;
    if (steps > maxSteps) {
      throw Failure.exhausted(
          "the image's layers leave out directories in too many places: more than "
              + maxSteps
              + " entries would have to be compared; build it with fewer layers, or with all"
              + " directories in them");
    }
  }

  private static boolean isWrong(Merged directory) {
    Found top = directory.parts().getFirst();
    return has(top.layer(), top.inode(), IMPLIED) && !described(directory).equals(top);
  }

  /** The topmost layer's directory that an archive describes; the lowest where none does. */
  private static Found described(Merged directory) {
    return directory.parts().stream()
        .filter(part -> !has(part.layer(), part.inode(), IMPLIED))
        .findFirst()
        .orElse(directory.parts().getFirst());
  }

  /** Puts the directory, after those above it, into the archive. */
  private void write() {
    for (Step step : way.subList(written, way.size())) {
      Found source = described(step.directory());
      ErofsInode inode = source.inode();
      List<TarXattr> xattrs =
          source.layer().xattrs(inode).stream().filter(xattr -> !isMark(xattr)).toList();
      archive.add(
          step.path(),
          inode.mode() & 07777,
          new DirectoryArchive.Owner(inode.uid(), inode.gid()),
          new DirectoryArchive.Moment(inode.mtimeSeconds(), inode.mtimeNanos()),
          xattrs);
    }
    written = way.size();
    any = true;
  }

  private static boolean isMark(TarXattr xattr) {
    byte[] name = xattr.name();
    return name.length >= OVERLAY.length
        && Arrays.equals(name, 0, OVERLAY.length, OVERLAY, 0, OVERLAY.length);
  }

  private static boolean has(ErofsReader layer, ErofsInode inode, byte[] mark) {
    return layer.xattr(inode, mark).isPresent();
  }

  private static byte[] join(byte[] path, byte[] name) {
    int start = path.length == 0 ? 0 : path.length + 1;
    byte[] joined = Arrays.copyOf(path, start + name.length);
    if (start > 0) {
      joined[path.length] = '/';
    }
    System.arraycopy(name, 0, joined, start, name.length);
    return joined;
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
