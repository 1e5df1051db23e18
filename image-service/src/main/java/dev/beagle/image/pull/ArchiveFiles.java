package dev.beagle.image.pull;

import dev.beagle.failure.Failure;
import dev.beagle.image.content.DurableFiles;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/**
 * The files of an image archive by their names in it. A name is looked up in a table, never used as
 * a path, so that no archive reaches outside itself. Immutable; closing deletes what was unpacked.
 */
final class ArchiveFiles implements AutoCloseable {
  private static final int MAX_ENTRIES = 100_000;
  private static final int MAX_LINKS = 16;

  private final Map<String, Path> files;
  private final Map<String, String> links;
  private final Optional<Path> spool;

  private ArchiveFiles(Map<String, Path> files, Map<String, String> links, Optional<Path> spool) {
    this.files = files;
    this.links = links;
    this.spool = spool;
  }

  /** The regular files of a folder. */
  static ArchiveFiles ofFolder(Path folder) {
    Map<String, Path> files = new HashMap<>();
    try (Stream<Path> tree = Files.walk(folder)) {
      tree.filter(file -> Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS))
          .forEach(file -> files.put(folder.relativize(file).toString().replace('\\', '/'), file));
    } catch (IOException error) {
      throw DurableFiles.failure("read", folder, error);
    }
    return new ArchiveFiles(files, Map.of(), Optional.empty());
  }

  /**
   * Unpacks a tar, plain or gzip, into a folder.
   *
   * @param spool an empty folder, deleted by {@link #close()} and where this fails
   * @param limitBytes of all files together
   * @param floor of the spool's file system, checked as it fills
   * @throws Failure CORRUPTED for what is no tar; EXHAUSTED above the limit, and where the disk is
   *     full or nearly so
   */
  static ArchiveFiles spool(InputStream tar, Path spool, long limitBytes, DiskFloor floor) {
    ArchiveFiles archive = new ArchiveFiles(new HashMap<>(), new HashMap<>(), Optional.of(spool));
    try {
      archive.unpack(tar, new Spool(spool, floor), limitBytes);
      return archive;
    } catch (IOException | IllegalArgumentException error) {
      archive.close();
      throw Failure.corrupted("the image archive is unusable: " + error.getMessage(), error);
    } catch (RuntimeException error) {
      archive.close();
      throw error;
    }
  }

  private void unpack(InputStream in, Spool target, long limitBytes) throws IOException {
    BufferedInputStream peekable = new BufferedInputStream(in);
    peekable.mark(2);
    boolean gzip = peekable.read() == 0x1f && peekable.read() == 0x8b;
    peekable.reset();
    // Not closed: the stream is the caller's.
    TarArchiveInputStream tar =
        new TarArchiveInputStream(gzip ? new GzipStream(peekable) : peekable);
    long left = limitBytes;
    int count = 0;
    TarArchiveEntry entry;
    while ((entry = tar.getNextEntry()) != null) {
      if (++count > MAX_ENTRIES) {
        throw Failure.corrupted("the image archive has more than " + MAX_ENTRIES + " entries");
      }
      String name = normalized(entry.getName());
      if (entry.isSymbolicLink()) {
        links.put(name, relative(name, entry.getLinkName()));
      } else if (entry.isLink()) {
        links.put(name, normalized(entry.getLinkName()));
      } else if (entry.isFile()) {
        left -= entry.getSize();
        if (entry.getSize() < 0 || left < 0) {
          throw Failure.exhausted(
              "the image archive holds more than the %d bytes that are allowed"
                  .formatted(limitBytes));
        }
        files.put(name, target.write(tar, count));
      }
    }
  }

  private static String normalized(String name) {
    return Path.of("/").resolve(name).normalize().toString().substring(1);
  }

  private static String relative(String link, String target) {
    return normalized(Path.of("/").resolve(link).resolveSibling(target).normalize().toString());
  }

  Optional<Path> find(String name) {
    String current = normalized(name);
    for (int hops = 0; hops <= MAX_LINKS; hops++) {
      Path file = files.get(current);
      if (file != null) {
        return Optional.of(file);
      }
      String target = links.get(current);
      if (target == null) {
        return Optional.empty();
      }
      current = target;
    }
    return Optional.empty();
  }

  /**
   * @throws Failure CORRUPTED where the archive lacks it
   */
  Path require(String name) {
    return find(name)
        .orElseThrow(() ->
            Failure.corrupted(
                "the image archive lacks \"%s\""
                    .formatted(name.length() > 200 ? name.substring(0, 200) : name)));
  }

  /** A small file's content. */
  byte[] read(String name, int limitBytes) {
    Path file = require(name);
    try (InputStream in = Files.newInputStream(file)) {
      byte[] content = in.readNBytes(limitBytes + 1);
      if (content.length > limitBytes) {
        throw Failure.corrupted(
            "\"%s\" of the image archive is larger than %d bytes".formatted(name, limitBytes));
      }
      return content;
    } catch (IOException error) {
      throw DurableFiles.failure("read", file, error);
    }
  }

  @Override
  public void close() {
    spool.ifPresent(FileTrees::delete);
  }
}
