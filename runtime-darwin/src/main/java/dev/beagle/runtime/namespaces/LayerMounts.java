package dev.beagle.runtime.namespaces;

import dev.beagle.failure.Failure;
import dev.beagle.runtime.posix.Descriptor;
import dev.beagle.runtime.posix.Mounts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Layers mounted on this host, each once, at {@code FOLDER/<hex of the diff id>}. What uses them is
 * told by the containers' records; an unmounted layer lives on in the worlds that were given it.
 * Thread-safe.
 */
final class LayerMounts {
  private static final Logger LOG = LoggerFactory.getLogger(LayerMounts.class);

  private static final Pattern HEX = Pattern.compile("[0-9a-f]{64,128}");

  private final Path folder;
  private final Set<Path> mounted = new HashSet<>();

  LayerMounts(Path folder) {
    this.folder = folder;
    for (Path mount : Mounts.below(folder)) {
      mounted.add(mount);
    }
  }

  /** A layer to hand to a world, as a detached mount of its own. */
  synchronized Descriptor open(String diffId, Path image) {
    return Descriptor.cloneTree(mount(diffId, image), false);
  }

  private Path mount(String diffId, Path image) {
    Path target = folder.resolve(hex(diffId));
    if (mounted.contains(target)) {
      return target;
    }
    try {
      Files.createDirectories(target);
    } catch (IOException error) {
      throw Failure.internal("cannot create " + target + ": " + error.getMessage(), error);
    }
    Mounts.ErofsBacking backing = Mounts.mountErofs(image, target);
    LOG.debug("layer {} mounted by {}", diffId, backing);
    mounted.add(target);
    return target;
  }

  /** Asks what is used while no layer can be opened: a container is known before it opens any. */
  synchronized void retain(Supplier<Set<String>> used) {
    Set<Path> keep = new HashSet<>();
    used.get().forEach(diffId -> keep.add(folder.resolve(hex(diffId))));
    mounted.removeIf(target -> !keep.contains(target) && unmount(target));
  }

  private static boolean unmount(Path target) {
    try {
      Mounts.unmount(target);
      Files.deleteIfExists(target);
      return true;
    } catch (IOException | Failure error) {
      LOG.warn("layer mount {} stays: {}", target, error.getMessage());
      return false;
    }
  }

  private static String hex(String diffId) {
    String hex = diffId.substring(diffId.indexOf(':') + 1);
    if (!HEX.matcher(hex).matches()) {
      throw Failure.invalidArgument("not a diff id: " + diffId);
    }
    return hex;
  }
}
