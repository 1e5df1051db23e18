package dev.beagle.image.testing;

import dev.beagle.failure.Failure;
import dev.beagle.image.pull.ConvertedLayer;
import dev.beagle.image.pull.LayerConverter;
import dev.beagle.image.reference.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/** A store of layers that keeps the tars as they are, checked and written aside. Thread-safe. */
public final class SimulatedLayers implements LayerConverter {
  private static final String ASIDE = ".aside";

  private final Path folder;
  private final ConcurrentHashMap<Digest, AtomicInteger> conversions = new ConcurrentHashMap<>();

  public SimulatedLayers(Path folder) {
    this.folder = folder;
    try {
      Files.createDirectories(folder);
      for (Path file : files()) {
        if (file.toString().endsWith(ASIDE)) {
          Files.delete(file);
        }
      }
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
  }

  /** How often the layer's conversion was begun. */
  public int conversions(Digest diffId) {
    return conversions.getOrDefault(diffId, new AtomicInteger()).get();
  }

  /** Everything in the folder, also what is half written. */
  public List<Path> files() {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.toList();
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
  }

  @Override
  public Optional<ConvertedLayer> find(Digest diffId) {
    Path file = fileOf(diffId);
    try {
      return Files.exists(file)
          ? Optional.of(new ConvertedLayer(diffId, file, Files.size(file)))
          : Optional.empty();
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
  }

  @Override
  public ConvertedLayer convert(InputStream tar, Digest diffId) {
    conversions.computeIfAbsent(diffId, _ -> new AtomicInteger()).incrementAndGet();
    Path aside = folder.resolve(diffId.hex() + ASIDE);
    MessageDigest hash = diffId.algorithm().newHash();
    try {
      try (OutputStream out = new DigestOutputStream(Files.newOutputStream(aside), hash)) {
        tar.transferTo(out);
      }
      if (!Digest.ofHash(diffId.algorithm(), hash.digest()).equals(diffId)) {
        throw Failure.corrupted("layer " + diffId + " has another diff id");
      }
      Files.move(aside, fileOf(diffId));
      return find(diffId).orElseThrow();
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    } finally {
      deleteQuietly(aside);
    }
  }

  @Override
  public Optional<byte[]> completion(List<Digest> diffIds) {
    return Optional.empty();
  }

  private static void deleteQuietly(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
  }

  @Override
  public List<Digest> diffIds() {
    return files().stream()
        .map(file -> file.getFileName().toString())
        .filter(name -> !name.endsWith(ASIDE))
        .map(name -> Digest.parse("sha256:" + name))
        .toList();
  }

  @Override
  public void delete(Digest diffId) {
    deleteQuietly(fileOf(diffId));
  }

  private Path fileOf(Digest diffId) {
    return folder.resolve(diffId.hex());
  }
}
