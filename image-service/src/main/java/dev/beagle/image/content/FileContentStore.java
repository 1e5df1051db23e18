package dev.beagle.image.content;

import dev.beagle.image.reference.Digest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Keeps each blob in {@code FOLDER/blobs/ALGORITHM/HEX}. What is being written stands in {@code
 * FOLDER/ingest} and is swept at the next opening.
 */
public final class FileContentStore implements ContentStore {
  private final Path blobs;
  private final Path ingests;

  private FileContentStore(Path folder) {
    this.blobs = folder.resolve("blobs");
    this.ingests = folder.resolve("ingest");
  }

  /** Opens the store, makes its folders, and deletes what a crash left half written. */
  public static FileContentStore open(Path folder) {
    FileContentStore store = new FileContentStore(folder);
    DurableFiles.createFolder(store.ingests);
    for (Digest.Algorithm algorithm : Digest.Algorithm.values()) {
      DurableFiles.createFolder(store.blobs.resolve(algorithm.prefix()));
    }
    DurableFiles.list(store.ingests).forEach(DurableFiles::delete);
    return store;
  }

  @Override
  public Optional<byte[]> find(Digest digest) {
    Path file = fileOf(digest);
    try {
      return Optional.of(Files.readAllBytes(file));
    } catch (NoSuchFileException absent) {
      return Optional.empty();
    } catch (IOException error) {
      throw DurableFiles.failure("read", file, error);
    }
  }

  @Override
  public boolean contains(Digest digest) {
    return Files.exists(fileOf(digest));
  }

  @Override
  public Ingest ingest(Digest expected, long size) {
    return new FileIngest(ingests, fileOf(expected), expected, size);
  }

  @Override
  public List<Digest> digests() {
    List<Digest> digests = new ArrayList<>();
    for (Digest.Algorithm algorithm : Digest.Algorithm.values()) {
      for (Path file : DurableFiles.list(blobs.resolve(algorithm.prefix()))) {
        Digest.find(algorithm.prefix() + ":" + file.getFileName()).ifPresent(digests::add);
      }
    }
    return digests;
  }

  @Override
  public void delete(Digest digest) {
    Path file = fileOf(digest);
    try {
      // Not synced: what comes back after a power cut is collected again.
      Files.deleteIfExists(file);
    } catch (IOException error) {
      throw DurableFiles.failure("delete", file, error);
    }
  }

  private Path fileOf(Digest digest) {
    return blobs.resolve(digest.algorithm().prefix()).resolve(digest.hex());
  }
}
