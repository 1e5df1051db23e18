package dev.beagle.guestimage;

import dev.beagle.failure.Failure;
import dev.beagle.guestimage.archive.Sha256;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Where an image goes: {@code OUTPUT} is a link to {@code OUTPUT-CHECKSUM} beside it, for there is
 * no other way to replace a folder in one step on every host. Who resolves the link once reads one
 * image throughout; the folder before is removed when the new one is in place. Confined to one
 * thread.
 */
final class OutputFolder implements AutoCloseable {
  private static final int NAME_DIGITS = 12;
  private static final String ASIDE = "-new-";

  private final Path output;
  private final Path parent;
  private final Path aside;

  private OutputFolder(Path output, Path parent, Path aside) {
    this.output = output;
    this.parent = parent;
    this.aside = aside;
  }

  /**
   * @throws Failure ALREADY_EXISTS where there is something else than an image of before
   */
  static OutputFolder begin(Path output) throws IOException {
    if (Files.exists(output, LinkOption.NOFOLLOW_LINKS) && !Files.isSymbolicLink(output)) {
      throw Failure.alreadyExists(
          "%s is no link to an image of before: remove it, or name another --output"
              .formatted(output));
    }
    Path parent = output.getParent();
    if (parent == null) {
      throw Failure.invalidArgument("--output %s is no place for a folder".formatted(output));
    }
    Files.createDirectories(parent);
    Path aside = Files.createTempDirectory(parent, output.getFileName() + ASIDE);
    aside.toFile().deleteOnExit(); // Ctrl-C; its files go before it
    return new OutputFolder(output, parent, aside);
  }

  /** A file of the image that is being made. */
  Path file(String name) {
    Path file = aside.resolve(name);
    file.toFile().deleteOnExit();
    return file;
  }

  /** Puts the image in place; returns its folder. */
  Path commit() throws IOException {
    String digits =
        Sha256.ofFile(aside.resolve(ImageManifest.FILE)).hex().substring(0, NAME_DIGITS);
    Path folder = parent.resolve(output.getFileName() + "-" + digits);
    if (!isWhole(folder)) {
      if (Files.exists(folder)) {
        removeTree(folder);
      }
      Files.setPosixFilePermissions(aside, PosixFilePermissions.fromString("rwxr-xr-x"));
      Files.move(aside, folder, StandardCopyOption.ATOMIC_MOVE);
    }
    Path link = parent.resolve(folder.getFileName() + ".link");
    Files.deleteIfExists(link);
    Files.createSymbolicLink(link, folder.getFileName());
    Files.move(link, output, StandardCopyOption.ATOMIC_MOVE);
    removeOthers(folder);
    return folder;
  }

  /** The same image is there already, and somebody may be reading it. */
  private boolean isWhole(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(aside)) {
      return files.map(Path::getFileName).map(folder::resolve).allMatch(Files::isRegularFile);
    }
  }

  private void removeOthers(Path folder) throws IOException {
    String pattern = "\\Q" + output.getFileName() + "\\E-[0-9a-f]{" + NAME_DIGITS + "}";
    try (DirectoryStream<Path> beside = Files.newDirectoryStream(parent)) {
      for (Path each : beside) {
        if (!each.equals(folder) && each.getFileName().toString().matches(pattern)) {
          removeTree(each);
        }
      }
    }
  }

  private static void removeTree(Path folder) throws IOException {
    List<Path> deepestFirst;
    try (Stream<Path> all = Files.walk(folder)) {
      deepestFirst = all.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path each : deepestFirst) {
      Files.deleteIfExists(each);
    }
  }

  /** What was not put in place is removed. */
  @Override
  public void close() throws IOException {
    if (Files.exists(aside)) {
      removeTree(aside);
    }
  }
}
