package dev.beagle.runtime.state;

import dev.beagle.failure.Failure;
import dev.beagle.runtime.pod.ContainerId;
import dev.beagle.runtime.pod.SandboxId;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/**
 * Records as JSON files: {@code sandboxes/<12 digits>/sandbox.json} and {@code c-<id>.json} beside
 * it. Each is written aside and renamed, without a sync: a killed daemon loses nothing, and after a
 * power cut the boot id says that what was recorded is gone. One writer per record at a time.
 */
public final class RecordStore {
  private static final Logger LOG = LoggerFactory.getLogger(RecordStore.class);
  private static final String SANDBOX_FILE = "sandbox.json";
  private static final String CONTAINER_PREFIX = "c-";
  private static final String SUFFIX = ".json";
  private static final String ASIDE = ".new";

  private final Path folder;
  private final ObjectMapper json = RecordJson.mapper();

  /**
   * @param folder RUN/sandboxes; made when missing
   */
  public RecordStore(Path folder) {
    this.folder = folder;
    try {
      Files.createDirectories(folder);
    } catch (IOException error) {
      throw Failure.internal("cannot create " + folder + ": " + error.getMessage(), error);
    }
  }

  /** A sandbox with its containers. */
  public record Stored(SandboxRecord sandbox, List<ContainerRecord> containers) {}

  /** Whether a sandbox's folder is there already: short ids may meet. */
  public boolean occupied(SandboxId id) {
    return Files.exists(folderOf(id));
  }

  public void write(SandboxRecord record) {
    Path target = folderOf(record.id());
    try {
      if (!Files.isDirectory(target)) {
        Files.createDirectory(
            target,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      }
    } catch (IOException error) {
      throw Failure.exhausted("cannot create " + target + ": " + error.getMessage());
    }
    writeAside(target.resolve(SANDBOX_FILE), record);
  }

  public void write(ContainerRecord record) {
    writeAside(containerFile(record.sandbox(), record.id()), record);
  }

  public void delete(SandboxId sandbox, ContainerId container) {
    try {
      Files.deleteIfExists(containerFile(sandbox, container));
    } catch (IOException error) {
      throw Failure.internal("cannot delete the record of container " + container, error);
    }
  }

  /** Deletes the sandbox's whole folder. */
  public void delete(SandboxId id) {
    deleteFolder(folderOf(id));
  }

  private static void deleteFolder(Path target) {
    // The sandbox's record goes last: what is left without it would not be found again.
    try (Stream<Path> files = Files.list(target)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        if (!file.getFileName().toString().equals(SANDBOX_FILE)) {
          Files.deleteIfExists(file);
        }
      }
      Files.deleteIfExists(target.resolve(SANDBOX_FILE));
      Files.deleteIfExists(target);
    } catch (NoSuchFileException gone) {
      LOG.debug("folder {} is gone already", target);
    } catch (IOException | UncheckedIOException error) {
      throw Failure.internal("cannot delete " + target + ": " + error.getMessage(), error);
    }
  }

  /**
   * Everything that was recorded.
   *
   * @param complete false when a record could not be read: then what no record speaks of may well
   *     be something's that runs
   */
  public record Loaded(List<Stored> sandboxes, boolean complete) {
    public Loaded {
      sandboxes = List.copyOf(sandboxes);
    }
  }

  /** Reads all records; folders that a crash left without one are deleted. */
  public Loaded load() {
    List<Stored> found = new ArrayList<>();
    boolean complete = true;
    for (Path each : list(folder)) {
      Path file = each.resolve(SANDBOX_FILE);
      if (!Files.exists(file)) {
        if (!each.equals(folderOf(SandboxId.NODE))) {
          deleteFolder(each);
        }
        continue;
      }
      try {
        SandboxRecord sandbox = read(file, SandboxRecord.class, SandboxRecord.VERSION);
        List<ContainerRecord> containers = new ArrayList<>();
        complete &= readContainers(each, containers);
        found.add(new Stored(sandbox, List.copyOf(containers)));
      } catch (IOException | JacksonException | Failure error) {
        LOG.error("record {} cannot be read and is left alone: {}", file, error.getMessage());
        complete = false;
      }
    }
    return new Loaded(found, complete);
  }

  private boolean readContainers(Path sandbox, List<ContainerRecord> found) {
    boolean complete = true;
    for (Path file : list(sandbox)) {
      String name = file.getFileName().toString();
      if (name.startsWith(CONTAINER_PREFIX) && name.endsWith(SUFFIX)) {
        try {
          found.add(read(file, ContainerRecord.class, ContainerRecord.VERSION));
        } catch (IOException | JacksonException | Failure error) {
          LOG.error("record {} cannot be read and is left alone: {}", file, error.getMessage());
          complete = false;
        }
      }
    }
    return complete;
  }

  /** Members that this build does not know are skipped; a form that it does not know is not. */
  private <T> T read(Path file, Class<T> type, int newest) throws IOException {
    JsonNode tree = json.readTree(Files.readAllBytes(file));
    int version = tree.path("version").asInt(0);
    if (version < 1 || version > newest) {
      throw Failure.unsupported(
          "it has version "
              + version
              + ", this build reads 1 to "
              + newest
              + "; a Beagle that wrote it can still end its pod");
    }
    return json.treeToValue(tree, type);
  }

  private static List<Path> list(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files.sorted().toList();
    } catch (IOException error) {
      throw Failure.internal("cannot list " + folder, error);
    }
  }

  private void writeAside(Path target, Object record) {
    Path aside = target.resolveSibling(target.getFileName() + ASIDE);
    try {
      Files.write(aside, json.writeValueAsBytes(record));
      Files.move(aside, target, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException error) {
      aside.toFile().delete();
      throw Failure.exhausted("cannot write record " + target + ": " + error.getMessage());
    }
  }

  private Path folderOf(SandboxId id) {
    return folder.resolve(id.shortForm());
  }

  private Path containerFile(SandboxId sandbox, ContainerId container) {
    return folderOf(sandbox).resolve(CONTAINER_PREFIX + container + SUFFIX);
  }
}
