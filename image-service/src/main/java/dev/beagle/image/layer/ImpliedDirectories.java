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
 * but those directories as the layers below describe them. Where a lower layer has a symbolic link
 * in such a directory's place, the directory hides it, and takes the attributes of what the link
 * leads to: as containerd's overlayfs snapshotter, which knows one layer at a time too. One thread.
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

  /** Topmost first. */
  private final List<ErofsReader> layers;

  private final Set<ErofsReader> implying;
  private final long maxSteps;
  private final DirectoryArchive archive = new DirectoryArchive();

  /** Directories from the root to where we are; those before this index are in the archive. */
  private final List<Step> way = new ArrayList<>();

  private int written;

  private long steps;

  private boolean any;

  /**
   * A directory on the way.
   *
   * @param source whose attributes it should have
   * @param hidden the layers from a symbolic link down whose place it, or one above it, has taken
   */
  @SuppressWarnings("ArrayRecordComponent") // Neither compared nor changed.
  private record Step(byte[] path, Merged directory, Found source, Optional<LayeredFiles> hidden) {}

  private ImpliedDirectories(List<ErofsReader> layers, Set<ErofsReader> implying, long maxSteps) {
    this.layers = layers;
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
      List<ErofsReader> topmostFirst = layers.reversed();
      ImpliedDirectories found = new ImpliedDirectories(topmostFirst, implying, maxSteps);
      Merged root = new LayeredFiles(topmostFirst).root();
      found.visit(new Step(new byte[0], root, described(root), Optional.empty()));
      return found.any ? Optional.of(found.archive.build()) : Optional.empty();
    }
  }

  private void visit(Step step) {
    way.add(step);
    Merged directory = step.directory();
    // The root of a container is its own writable layer's, so the root alone matters to nobody.
    if (step.path().length > 0 && !step.source().equals(directory.parts().getFirst())) {
      write();
    }
    for (byte[] name : candidates(directory)) {
      count(directory.parts().size());
      byte[] below = join(step.path(), name);
      Optional<Merged> child = LayeredFiles.child(directory, name);
      if (below.length <= MAX_PATH && child.isPresent() && child.get().top().isDirectory()) {
        visit(step(step, name, below, child.get()));
      }
    }
    way.removeLast();
    written = Math.min(written, way.size());
  }

  private Step step(Step parent, byte[] name, byte[] path, Merged directory) {
    Found described = described(directory);
    if (!isImplied(described)) {
      return new Step(path, directory, described, Optional.empty());
    }
    Optional<LayeredFiles> hidden =
        parent.hidden().or(() -> hiddenLink(parent.directory(), name, directory));
    Found source =
        hidden
            .flatMap(layersBelow -> layersBelow.follow(path))
            .filter(target -> target.top().isDirectory())
            .map(ImpliedDirectories::described)
            .orElse(described);
    return new Step(path, directory, source, hidden);
  }

  private Optional<LayeredFiles> hiddenLink(Merged parent, byte[] name, Merged directory) {
    return LayeredFiles.replaced(parent, name, directory, this::count)
        .filter(replaced -> replaced.inode().isSymbolicLink())
        .map(link -> layers.subList(layers.indexOf(link.layer()), layers.size()))
        .map(below -> new LayeredFiles(below, this::count));
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

  private static boolean isImplied(Found directory) {
    return has(directory.layer(), directory.inode(), IMPLIED);
  }

  /**
   * The topmost layer's directory that an archive describes; that of the topmost where none does.
   */
  private static Found described(Merged directory) {
    return directory.parts().stream()
        .filter(part -> !isImplied(part))
        .findFirst()
        .orElse(directory.parts().getFirst());
  }

  /** Puts the directory, after those above it, into the archive. */
  private void write() {
    for (Step step : way.subList(written, way.size())) {
      Found source = step.source();
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
