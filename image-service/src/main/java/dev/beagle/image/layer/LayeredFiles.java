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
import java.util.function.Consumer;
import java.util.function.IntConsumer;

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

  private final IntConsumer cost;

  /**
   * @param layers topmost first; stay the caller's
   */
  LayeredFiles(List<ErofsReader> layers) {
    this(layers, _ -> {});
  }

  /**
   * @param cost is told how many layers a name will be looked up in, before each name of a path
   */
  LayeredFiles(List<ErofsReader> layers, IntConsumer cost) {
    this.layers = layers;
    this.cost = cost;
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
    Optional<Merged> found =
        resolve(
            path.getBytes(StandardCharsets.UTF_8),
            reason -> {
              throw Failure.corrupted("image's " + path + reason);
            });
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

  /** What a path leads to through symbolic links; empty also where they lead in circles. */
  Optional<Merged> follow(byte[] path) {
    return resolve(path, _ -> {});
  }

  /** What a path leads to; circles of links are told, and are nothing to those who go on. */
  private Optional<Merged> resolve(byte[] path, Consumer<String> tooFar) {
    if (layers.isEmpty()) {
      return Optional.empty();
    }
    Deque<byte[]> pending = new ArrayDeque<>();
    if (!push(path, pending)) {
      tooFar.accept(" is a path that is too long");
      return Optional.empty();
    }
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
      cost.accept(trail.getFirst().parts().size());
      Optional<Merged> child = child(trail.getFirst(), name);
      if (child.isEmpty()) {
        return child;
      }
      if (!child.get().top().isSymbolicLink()) {
        trail.push(child.get());
        continue;
      }
      if (++hops > MAX_HOPS) {
        tooFar.accept(" runs through more than 40 symbolic links");
        return Optional.empty();
      }
      Found link = child.get().parts().getFirst();
      byte[] target = link.layer().readLink(link.inode());
      if (target[0] == '/') {
        trail.clear();
        trail.push(root());
      }
      if (!push(target, pending)) {
        tooFar.accept(" leads to a path that is too long");
        return Optional.empty();
      }
    }
    return Optional.of(trail.getFirst());
  }

  /** Puts the names of a path in front of what is still to be resolved; false for too many. */
  private static boolean push(byte[] path, Deque<byte[]> pending) {
    if (path.length > MAX_PATH || pending.size() > MAX_PATH) {
      return false;
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
    return true;
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

  /**
   * The inode of a lower layer that a directory of this name stands in place of, if there is one.
   *
   * @param cost is told of each layer before it is looked into
   */
  static Optional<Found> replaced(Merged parent, byte[] name, Merged directory, IntConsumer cost) {
    Found lowest = directory.parts().getLast();
    boolean below = false;
    for (Found part : parent.parts()) {
      if (below) {
        cost.accept(1);
        Optional<ErofsInode> inode = part.layer().child(part.inode(), name);
        if (inode.isPresent()) {
          return Optional.of(new Found(part.layer(), inode.get()));
        }
      }
      below |= part.layer().equals(lowest.layer()) && !isOpaque(lowest);
    }
    return Optional.empty();
  }

  private static boolean isOpaque(Found directory) {
    return directory
        .layer()
        .xattr(directory.inode(), OPAQUE)
        .filter(value -> value.length == 1 && value[0] == 'y')
        .isPresent();
  }
}
