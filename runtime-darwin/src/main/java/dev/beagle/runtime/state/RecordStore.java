package dev.beagle.runtime.state;

import dev.beagle.failure.Failure;
import dev.beagle.host.HostError;
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
 *
 * <p>A record that a power cut has torn or emptied is kept as {@code sandbox.json.damaged} until
 * the next start and counts as lost; one of a newer version is some other Beagle's and is left
 * alone.
 */
public final class RecordStore {
  private static final Logger LOG = LoggerFactory.getLogger(RecordStore.class);
  private static final String SANDBOX_FILE = "sandbox.json";
  private static final String CONTAINER_PREFIX = "c-";
  private static final String SUFFIX = ".json";
  private static final String ASIDE = ".new";
  private static final String DAMAGED = ".damaged";

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

  /** Whether nothing was ever recorded, or all of it was deleted. Reads no record. */
  public boolean isEmpty() {
    return list(folder).stream().allMatch(folderOf(SandboxId.NODE)::equals);
  }

  /** The damaged records that are kept; see the class. */
  public List<Path> damaged() {
    return list(folder).stream()
        .flatMap(each -> list(each).stream())
        .filter(file -> file.getFileName().toString().endsWith(DAMAGED))
        .toList();
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
      throw HostError.of("cannot create " + target, error);
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
   * @param complete false when there are records that this build must not judge, of a newer version
   *     or on a disk that refuses to read: then what no record speaks of may well be something's
   *     that runs. Damaged records are none of them
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
        requirePlace(each, folderOf(sandbox.id()));
        List<ContainerRecord> containers = new ArrayList<>();
        complete &= readContainers(each, containers);
        found.add(new Stored(sandbox, List.copyOf(containers)));
      } catch (Damaged damaged) {
        setAside(file, "its pod is not known any more, what is left of it is ended", damaged);
      } catch (IOException | Failure error) {
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
      if (name.endsWith(DAMAGED)) {
        forget(file);
      } else if (name.startsWith(CONTAINER_PREFIX) && name.endsWith(SUFFIX)) {
        try {
          ContainerRecord record = read(file, ContainerRecord.class, ContainerRecord.VERSION);
          requirePlace(file, containerFile(record.sandbox(), record.id()));
          found.add(record);
        } catch (Damaged damaged) {
          setAside(file, "its container is not known any more and is ended", damaged);
        } catch (IOException | Failure error) {
          LOG.error("record {} cannot be read and is left alone: {}", file, error.getMessage());
          complete = false;
        }
      }
    }
    return complete;
  }

  /** The content of a record's file is no record: torn, empty or overwritten. */
  private static final class Damaged extends Exception {
    private static final long serialVersionUID = 1;

    Damaged(String reason) {
      super(reason);
    }
  }

  /** For those who want to know what happened; the name keeps it from being read again. */
  private static void setAside(Path file, String effect, Damaged damaged) {
    Path aside = file.resolveSibling(file.getFileName() + DAMAGED);
    try {
      Files.move(file, aside, StandardCopyOption.REPLACE_EXISTING);
      LOG.warn(
          "record {} is damaged ({}): {}; it is kept as {} until the next start",
          file,
          damaged.getMessage(),
          effect,
          aside.getFileName());
    } catch (IOException error) {
      LOG.warn(
          "record {} is damaged ({}): {}; it cannot be set aside: {}",
          file,
          damaged.getMessage(),
          effect,
          error.getMessage());
    }
  }

  /** It was kept from the last start to this one. */
  private static void forget(Path damaged) {
    try {
      Files.deleteIfExists(damaged);
    } catch (IOException error) {
      LOG.warn("damaged record {} stays: {}", damaged, error.getMessage());
    }
  }

  /** Two records of one id would be one too many. */
  private static void requirePlace(Path found, Path expected) throws Damaged {
    if (!found.equals(expected)) {
      throw new Damaged("it belongs at " + expected);
    }
  }

  /** Members that this build does not know are skipped; a form that it does not know is not. */
  private <T> T read(Path file, Class<T> type, int newest) throws IOException, Damaged {
    byte[] content = Files.readAllBytes(file);
    if (content.length == 0) {
      throw new Damaged("it is empty");
    }
    JsonNode tree;
    try {
      tree = json.readTree(content);
    } catch (JacksonException torn) {
      throw new Damaged("not JSON at " + content.length + " bytes, line " + line(torn));
    }
    JsonNode stated = tree.path("version");
    if (!stated.isIntegralNumber() || stated.asLong(0) < 1) {
      throw new Damaged("it has no version");
    }
    long version = stated.asLong(0);
    if (version > newest) {
      throw Failure.unsupported(
          "it has version "
              + version
              + ", this build reads 1 to "
              + newest
              + "; a Beagle that wrote it can still end its pod");
    }
    try {
      return json.treeToValue(tree, type);
    } catch (JacksonException unfit) {
      // Its own words may show what the record holds, which is not for a log.
      throw new Damaged("it has version " + version + " and not that version's members");
    }
  }

  private static int line(JacksonException error) {
    return error.getLocation() == null ? 1 : error.getLocation().getLineNr();
  }

  private static List<Path> list(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files.sorted().toList();
    } catch (NoSuchFileException gone) {
      return List.of();
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
      throw HostError.of("cannot write record " + target, error);
    }
  }

  private Path folderOf(SandboxId id) {
    return folder.resolve(id.shortForm());
  }

  private Path containerFile(SandboxId sandbox, ContainerId container) {
    return folderOf(sandbox).resolve(CONTAINER_PREFIX + container + SUFFIX);
  }
}
