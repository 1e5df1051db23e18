package dev.beagle.runtime.lifecycle;

import dev.beagle.failure.Failure;
import dev.beagle.runtime.pod.ContainerId;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.stream.Stream;

/** The folders under ROOT that containers write to: {@code <id>/upper} and {@code <id>/work}. */
final class ContainerFiles {
  private static final FileAttribute<Set<PosixFilePermission>> OURS_ONLY =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
  private static final FileAttribute<Set<PosixFilePermission>> ROOT_OF_TREE =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x"));

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
      throw Failure.exhausted("cannot create " + folder + ": " + error.getMessage());
    }
  }

  static void delete(Path parent, ContainerId id) {
    deleteTree(parent.resolve(id.value()));
  }

  /** Deletes folders of containers that are not among these. */
  static void retain(Path parent, Set<String> known) {
    if (!Files.isDirectory(parent)) {
      return;
    }
    try (Stream<Path> folders = Files.list(parent)) {
      folders.filter(f -> !known.contains(f.getFileName().toString())).forEach(f -> deleteTree(f));
    } catch (IOException error) {
      throw Failure.internal("cannot list " + parent, error);
    }
  }

  /** Never follows a link: a container may have made any. */
  private static void deleteTree(Path folder) {
    try {
      Files.walkFileTree(
          folder,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                throws IOException {
              Files.deleteIfExists(file);
              return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(
                Path each, @org.jspecify.annotations.Nullable IOException error)
                throws IOException {
              Files.deleteIfExists(each);
              return FileVisitResult.CONTINUE;
            }
          });
    } catch (NoSuchFileException gone) {
      // Deleted by an earlier attempt.
      return;
    } catch (IOException error) {
      throw Failure.internal("cannot delete " + folder + ": " + error.getMessage(), error);
    }
  }
}
