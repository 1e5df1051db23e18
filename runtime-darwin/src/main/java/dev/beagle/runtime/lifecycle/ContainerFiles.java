package dev.beagle.runtime.lifecycle;

import dev.beagle.failure.Failure;
import dev.beagle.host.HostError;
import dev.beagle.runtime.pod.ContainerId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The folders under ROOT that containers write to: {@code <id>/upper} and {@code <id>/work}. */
final class ContainerFiles {
  private static final FileAttribute<Set<PosixFilePermission>> OURS_ONLY =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
  private static final FileAttribute<Set<PosixFilePermission>> ROOT_OF_TREE =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x"));

  private static final Logger LOG = LoggerFactory.getLogger(ContainerFiles.class);

  private ContainerFiles() {}

  static Path create(Path parent, ContainerId id) {
    Path folder = parent.resolve(id.value());
    try {
      Files.createDirectories(parent);
      Files.createDirectory(folder, OURS_ONLY);
      Path upper = Files.createDirectory(folder.resolve("upper"), ROOT_OF_TREE);
      Files.setPosixFilePermissions(upper, PosixFilePermissions.fromString("rwxr-xr-x"));
      Files.createDirectory(folder.resolve("work"), OURS_ONLY);
      return folder;
    } catch (IOException error) {
      throw HostError.of("cannot create " + folder, error);
    }
  }

  /** Ids of containers that left a folder and are not among these. */
  static Set<String> unknown(Path parent, Set<String> known) {
    if (!Files.isDirectory(parent)) {
      return Set.of();
    }
    try (Stream<Path> folders = Files.list(parent)) {
      return folders
          .map(folder -> folder.getFileName().toString())
          .filter(name -> !known.contains(name))
          .collect(Collectors.toUnmodifiableSet());
    } catch (IOException error) {
      throw Failure.internal("cannot list " + parent, error);
    }
  }

  /**
   * Throws away the folders of these containers. One that cannot be is left for the next start: it
   * must not keep the node from starting.
   */
  static void throwAway(Path parent, Set<String> ids, Trash trash) {
    for (String id : ids) {
      try {
        trash.add(parent.resolve(id));
      } catch (Failure failure) {
        LOG.error("what a removed container wrote stays: {}", failure.reason());
      }
    }
  }
}
