package dev.beagle.image.layer;

import dev.beagle.failure.Failure;
import dev.beagle.image.erofs.ErofsInode;
import dev.beagle.image.erofs.ErofsReader;
import dev.beagle.lifecycle.Closer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * Reads single files of an image out of its layers, as overlayfs would show them: whiteouts, opaque
 * directories, symbolic links inside the image. Needs no mount and no Linux.
 */
public final class LayeredFiles {
  private static final int MAX_HOPS = 40;
  private static final int MAX_PATH = 4096;
  private static final byte[] OPAQUE = "trusted.overlay.opaque".getBytes(StandardCharsets.US_ASCII);

  /** Topmost first, as overlayfs searches. */
  private final List<ErofsReader> layers;

  /**
   * @param layers topmost first; stay the caller's
   */
  LayeredFiles(List<ErofsReader> layers) {
    this.layers = layers;
  }

  /**
   * Reads one file.
   *
   * @param layersLowestFirst EROFS images in the order of the image's diff ids
   * @param absolutePath slash-separated; symbolic links in it are followed inside the image
   * @param limitBytes a larger file is refused
   * @return empty when there is no such file
   * @throws Failure CORRUPTED when the name is something else than a file, the links go in circles
   *     or a layer is damaged; EXHAUSTED beyond the limit
   */
  public static Optional<byte[]> readFile(
      List<Path> layersLowestFirst, String absolutePath, int limitBytes) {
    try (Closer closer = new Closer()) {
      List<ErofsReader> layers = new ArrayList<>();
      for (Path layer : layersLowestFirst.reversed()) {
        layers.add(closer.register(ErofsReader.open(layer)));
      }
      return new LayeredFiles(layers).read(absolutePath, limitBytes);
    }
  }

  /** One inode of one layer. */
  record Found(ErofsReader layer, ErofsInode inode) {}

  /**
   * What a name stands for: one inode, or for a directory the same-named ones of several layers,
   * topmost first. Never empty.
   */
  record Merged(List<Found> parts) {
    ErofsInode top() {
      return parts.getFirst().inode();
    }
  }

  private Optional<byte[]> read(String path, int limitBytes) {
    Optional<Merged> found = resolve(path.getBytes(StandardCharsets.UTF_8), path);
    if (found.isEmpty()) {
      return Optional.empty();
    }
    Found file = found.get().parts().getFirst();
    if (!file.inode().isRegularFile()) {
      throw Failure.corrupted("image's " + path + " is a " + file.inode().type() + ", not a file");
    }
    if (file.inode().size() > limitBytes) {
      throw Failure.exhausted(
          "image's %s has %d bytes, the limit is %d"
              .formatted(path, file.inode().size(), limitBytes));
    }
    return Optional.of(file.layer().readFile(file.inode(), limitBytes));
  }

  Merged root() {
    List<Found> parts = new ArrayList<>();
    for (ErofsReader layer : layers) {
      parts.add(new Found(layer, layer.root()));
      if (isOpaque(parts.getLast())) {
        break;
      }
    }
    return new Merged(parts);
  }

  private Optional<Merged> resolve(byte[] path, String shown) {
    if (layers.isEmpty()) {
      return Optional.empty();
    }
    Deque<byte[]> pending = new ArrayDeque<>();
    push(path, pending, shown);
    // From the root to where we are, for "..".
    Deque<Merged> trail = new ArrayDeque<>(List.of(root()));
    int hops = 0;
    while (!pending.isEmpty()) {
      byte[] name = pending.pop();
      if (isDotDot(name)) {
        if (trail.size() > 1) {
          trail.pop();
        }
        continue;
      }
      Optional<Merged> child = child(trail.getFirst(), name);
      if (child.isEmpty()) {
        return child;
      }
      if (!child.get().top().isSymbolicLink()) {
        trail.push(child.get());
        continue;
      }
      if (++hops > MAX_HOPS) {
        throw Failure.corrupted("image's " + shown + " runs through more than 40 symbolic links");
      }
      Found link = child.get().parts().getFirst();
      byte[] target = link.layer().readLink(link.inode());
      if (target[0] == '/') {
        trail.clear();
        trail.push(root());
      }
      push(target, pending, shown);
    }
    return Optional.of(trail.getFirst());
  }

  /** Puts the names of a path in front of what is still to be resolved. */
  private static void push(byte[] path, Deque<byte[]> pending, String shown) {
    if (path.length > MAX_PATH || pending.size() > MAX_PATH) {
      throw Failure.corrupted("image's " + shown + " leads to a path that is too long");
    }
    int end = path.length;
    for (int at = path.length - 1; at >= -1; at--) {
      if (at < 0 || path[at] == '/') {
        boolean dot = end - at == 2 && path[at + 1] == '.';
        if (end - at > 1 && !dot) {
          pending.push(Arrays.copyOfRange(path, at + 1, end));
        }
        end = at;
      }
    }
  }

  private static boolean isDotDot(byte[] name) {
    return name.length == 2 && name[0] == '.' && name[1] == '.';
  }

  static Optional<Merged> child(Merged directory, byte[] name) {
    List<Found> parts = new ArrayList<>();
    if (!directory.top().isDirectory()) {
      return Optional.empty();
    }
    for (Found part : directory.parts()) {
      Optional<ErofsInode> inode = part.layer().child(part.inode(), name);
      if (inode.isEmpty()) {
        continue;
      }
      if (inode.get().isWhiteout() || (!parts.isEmpty() && !inode.get().isDirectory())) {
        break;
      }
      parts.add(new Found(part.layer(), inode.get()));
      if (!inode.get().isDirectory() || isOpaque(parts.getLast())) {
        break;
      }
    }
    return parts.isEmpty() ? Optional.empty() : Optional.of(new Merged(parts));
  }

  private static boolean isOpaque(Found directory) {
    return directory
        .layer()
        .xattr(directory.inode(), OPAQUE)
        .filter(value -> value.length == 1 && value[0] == 'y')
        .isPresent();
  }
}
