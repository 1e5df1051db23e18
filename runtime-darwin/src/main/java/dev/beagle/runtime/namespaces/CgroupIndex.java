package dev.beagle.runtime.namespaces;

import dev.beagle.failure.Failure;
import dev.beagle.host.HostError;
import dev.beagle.runtime.pod.SandboxId;
import dev.beagle.runtime.world.WorldRecord;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which cgroup each sandbox was put below, under ROOT: clients choose it, so that it could not be
 * found again should the sandbox's record be lost, as with a RUN on a tmpfs. A file for each
 * sandbox, its name the id, its content the parent; written before the cgroup is first used.
 */
final class CgroupIndex {
  private static final Logger LOG = LoggerFactory.getLogger(CgroupIndex.class);
  private static final String ASIDE = ".new";
  private static final int MAX_BYTES = 4096;

  private final Path folder;

  CgroupIndex(Path folder) throws IOException {
    this.folder = Files.createDirectories(folder);
  }

  /**
   * @throws Failure when it cannot be written
   */
  void enter(WorldRecord world) {
    Path file = fileOf(world.sandbox().value());
    Path aside = file.resolveSibling(file.getFileName() + ASIDE);
    try {
      Files.writeString(aside, world.cgroupParent());
      Files.move(aside, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException error) {
      delete(aside);
      throw HostError.of("cannot write " + file, error);
    }
  }

  /** For a sandbox that an earlier version made, which kept no index. */
  void complete(WorldRecord world) {
    if (!Files.exists(fileOf(world.sandbox().value()))) {
      try {
        enter(world);
      } catch (Failure failure) {
        LOG.warn(
            "sandbox {} could not be found without its record: {}",
            world.sandbox(),
            failure.reason());
      }
    }
  }

  /** The sandbox's cgroups are gone. */
  void remove(SandboxId id) {
    delete(fileOf(id.value()));
  }

  void remove(String id) {
    delete(fileOf(id));
  }

  /** Parents by the sandbox's id. A power cut leaves no cgroup, and may leave a file empty. */
  Map<String, String> parents() {
    Map<String, String> parents = new TreeMap<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        String name = file.getFileName().toString();
        Optional<String> content = read(file);
        if (content.isEmpty()) {
          continue;
        }
        String parent = content.get();
        if (!name.endsWith(ASIDE) && Cgroups.isNormal(parent)) {
          parents.put(name, parent);
        } else {
          delete(file);
        }
      }
    } catch (IOException error) {
      throw Failure.internal("cannot read " + folder + ": " + error.getMessage(), error);
    }
    return parents;
  }

  /**
   * Of no use where it is nothing that we wrote; nothing where it cannot be read now, which must
   * neither keep the node from starting nor lose what it says.
   */
  private static Optional<String> read(Path file) {
    try {
      if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) || Files.size(file) > MAX_BYTES) {
        return Optional.of("");
      }
      return Optional.of(Files.readString(file, StandardCharsets.ISO_8859_1));
    } catch (IOException error) {
      LOG.warn("{} is not read: {}", file, error.getMessage());
      return Optional.empty();
    }
  }

  private static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException error) {
      LOG.warn("{} stays: {}", file, error.getMessage());
    }
  }

  private Path fileOf(String id) {
    return folder.resolve(id);
  }
}
