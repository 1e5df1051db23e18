package dev.beagle.image.layer;

import dev.beagle.failure.Failure;
import dev.beagle.image.content.DurableFiles;
import dev.beagle.image.erofs.ErofsLimits;
import dev.beagle.image.erofs.ErofsWriter;
import dev.beagle.image.tar.TarLimits;
import dev.beagle.image.tar.TarReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The layers of a node: {@code FOLDER/HEX.erofs}, HEX being the digest of the uncompressed tar. A
 * file under that name is complete and on disk; what is being made stands in {@code FOLDER/ingest},
 * which is emptied at start. One process owns the folder.
 *
 * <p>Thread-safe. Converting is CPU work on the calling thread; an interrupt ends it with CANCELLED
 * and leaves nothing.
 */
public final class LayerStore {
  private static final Logger LOG = LoggerFactory.getLogger(LayerStore.class);
  private static final String SUFFIX = ".erofs";

  private final Path folder;
  private final Path ingest;
  private final ErofsLimits limits;
  private final ConcurrentHashMap<String, CountDownLatch> running = new ConcurrentHashMap<>();
  private final AtomicLong ingested = new AtomicLong();

  private LayerStore(Path folder, ErofsLimits limits) {
    this.folder = folder;
    this.ingest = folder.resolve("ingest");
    this.limits = limits;
  }

  /** Opens the store in a folder, with the usual limits. */
  public static LayerStore open(Path folder) {
    return open(folder, ErofsLimits.DEFAULT);
  }

  /**
   * Opens the store: makes the folder if it is not there, removes what a crash left half made.
   *
   * @throws Failure INTERNAL when the folder cannot be used
   */
  public static LayerStore open(Path folder, ErofsLimits limits) {
    LayerStore store = new LayerStore(folder, limits);
    try {
      Files.createDirectories(store.ingest);
      try (DirectoryStream<Path> leftovers = Files.newDirectoryStream(store.ingest)) {
        for (Path leftover : leftovers) {
          Files.delete(leftover);
        }
      }
    } catch (IOException error) {
      throw Failure.internal("layer folder " + folder + " cannot be used: " + error, error);
    }
    return store;
  }

  /** The layer of that diff id, if it is here. */
  public Optional<ErofsLayer> find(String diffId) {
    Path file = file(diffId);
    try {
      return Optional.of(new ErofsLayer(diffId, file, Files.size(file)));
    } catch (NoSuchFileException error) {
      return Optional.empty();
    } catch (IOException error) {
      throw unreadable(file, error);
    }
  }

  /** All layers, ordered by diff id. */
  public List<ErofsLayer> list() {
    List<ErofsLayer> layers = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*" + SUFFIX)) {
      for (Path file : files) {
        String name = file.getFileName().toString();
        String hex = name.substring(0, name.length() - SUFFIX.length());
        find(DiffIds.ALGORITHM + hex).ifPresent(layers::add);
      }
    } catch (IOException error) {
      throw unreadable(folder, error);
    }
    layers.sort(Comparator.comparing(ErofsLayer::diffId));
    return layers;
  }

  /**
   * The tar of a layer that has to be put on top of these, because their archives left out
   * directories that lower ones describe; see {@link ImpliedDirectories}.
   *
   * @param diffIds of layers that are here, lowest first
   * @return empty where the stack is right as it is
   * @throws Failure NOT_FOUND or CORRUPTED for a layer that cannot be read; EXHAUSTED where they
   *     leave out too many; CANCELLED on interruption
   */
  public Optional<byte[]> impliedDirectories(List<String> diffIds) {
    return ImpliedDirectories.tarFor(diffIds.stream().map(this::file).toList());
  }

  /** Bytes that all layers take. */
  public long sizeBytes() {
    return list().stream().mapToLong(ErofsLayer::sizeBytes).sum();
  }

  /**
   * Removes a layer; whoever has it mounted or open keeps it.
   *
   * @return false when it was not here
   */
  public boolean delete(String diffId) {
    Path file = file(diffId);
    try {
      boolean deleted = Files.deleteIfExists(file);
      syncFolder();
      return deleted;
    } catch (IOException error) {
      throw Failure.internal("layer " + diffId + " cannot be deleted: " + error, error);
    }
  }

  /**
   * Makes a layer of an uncompressed tar while it streams in. The stream is read to its end, but is
   * left untouched if the layer is here already; if it is being made by another call, this one
   * waits, and tries itself should the other fail. The stream is not closed.
   *
   * @param diffId what the tar's digest has to be; null if nobody knows
   * @throws Failure CORRUPTED when the digest differs or the tar cannot be a layer, EXHAUSTED when
   *     a limit or the disk is full, UNAVAILABLE when the stream breaks, CANCELLED on interruption;
   *     nothing is visible then
   */
  public ErofsLayer convert(InputStream uncompressedTar, @Nullable String diffId) {
    if (diffId == null) {
      return ingest(uncompressedTar, null);
    }
    DiffIds.hex(diffId);
    CountDownLatch mine = new CountDownLatch(1);
    while (true) {
      CountDownLatch other = running.putIfAbsent(diffId, mine);
      if (other == null) {
        break;
      }
      await(other, diffId);
    }
    try {
      Optional<ErofsLayer> present = find(diffId);
      return present.isPresent() ? present.get() : ingest(uncompressedTar, diffId);
    } finally {
      running.remove(diffId);
      mine.countDown();
    }
  }

  private static void await(CountDownLatch other, String diffId) {
    try {
      other.await();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw Failure.cancelled("interrupted while layer " + diffId + " is being made");
    }
  }

  private ErofsLayer ingest(InputStream tar, @Nullable String expected) {
    Path draft = ingest.resolve("layer-" + ingested.incrementAndGet());
    String name = expected == null ? "without a diff id" : expected;
    try {
      String diffId = write(draft, tar, expected);
      Path file = file(diffId);
      Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
      syncFolder();
      return new ErofsLayer(diffId, file, Files.size(file));
    } catch (ClosedByInterruptException interrupted) {
      throw Failure.cancelled("interrupted while layer " + name + " was being made");
    } catch (IOException error) {
      throw diskFailure(name, error);
    } finally {
      deleteDraft(draft);
    }
  }

  private String write(Path draft, InputStream tar, @Nullable String expected) throws IOException {
    DigestedInput input = new DigestedInput(tar);
    try (FileChannel channel =
            FileChannel.open(draft, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        ErofsWriter writer = new ErofsWriter(channel, limits)) {
      writer.addAll(new TarReader(input, TarLimits.DEFAULT));
      input.drain();
      String diffId = input.diffId();
      if (expected != null && !expected.equals(diffId)) {
        throw Failure.corrupted(
            "layer %s: its uncompressed tar has the digest %s".formatted(expected, diffId));
      }
      writer.finish(DiffIds.uuid(diffId));
      channel.force(true);
      return diffId;
    }
  }

  private static void deleteDraft(Path draft) {
    try {
      Files.deleteIfExists(draft);
    } catch (IOException error) {
      // The next start sweeps it; the call's own outcome matters more.
      LOG.atWarn()
          .addKeyValue("file", draft)
          .setCause(error)
          .log("a half-made layer cannot be deleted");
    }
  }

  private Failure diskFailure(String name, IOException error) {
    if (DurableFiles.isFull(error)) {
      return DurableFiles.failure("write layer " + name + " into", folder, error);
    }
    return Failure.internal("layer " + name + " cannot be stored: " + error, error);
  }

  /** Makes a rename or a removal durable. */
  private void syncFolder() throws IOException {
    try (FileChannel directory = FileChannel.open(folder, StandardOpenOption.READ)) {
      directory.force(true);
    }
  }

  private Path file(String diffId) {
    return folder.resolve(DiffIds.hex(diffId) + SUFFIX);
  }

  private static Failure unreadable(Path path, IOException error) {
    return Failure.internal(path + " cannot be read: " + error, error);
  }
}
