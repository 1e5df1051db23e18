package dev.beagle.image.content;

import dev.beagle.failure.Failure;
import dev.beagle.image.reference.Digest;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;

/** Writes aside and renames. */
final class FileIngest implements Ingest {
  private final Path target;
  private final Digest expected;
  private final long size;
  private final Path aside;
  private final FileOutputStream out;
  private final MessageDigest hash;
  private long written;
  private boolean committed;

  FileIngest(Path folder, Path target, Digest expected, long size) {
    this.target = target;
    this.expected = expected;
    this.size = size;
    this.hash = expected.algorithm().newHash();
    try {
      this.aside = Files.createTempFile(folder, expected.hex(), "");
      this.out = new FileOutputStream(aside.toFile());
    } catch (IOException error) {
      throw DurableFiles.failure("create a file in", folder, error);
    }
  }

  @Override
  public void write(byte[] source, int offset, int length) {
    written += length;
    if (written > size) {
      throw Failure.corrupted(expected + " is longer than the " + size + " bytes announced");
    }
    hash.update(source, offset, length);
    try {
      out.write(source, offset, length);
    } catch (IOException error) {
      throw DurableFiles.failure("write", aside, error);
    }
  }

  @Override
  public void commit() {
    if (written != size) {
      throw Failure.corrupted(
          "%s has %d bytes where %d were announced".formatted(expected, written, size));
    }
    Digest found = Digest.ofHash(expected.algorithm(), hash.digest());
    if (!found.equals(expected)) {
      throw Failure.corrupted("content of " + expected + " has digest " + found);
    }
    try {
      out.getFD().sync();
      out.close();
      Files.move(aside, target, StandardCopyOption.ATOMIC_MOVE);
      committed = true;
      DurableFiles.syncFolder(target);
    } catch (IOException error) {
      throw DurableFiles.failure("write", target, error);
    }
  }

  @Override
  public void close() {
    if (!committed) {
      try (out) {
        Files.deleteIfExists(aside);
      } catch (IOException error) {
        throw DurableFiles.failure("delete", aside, error);
      }
    }
  }
}
