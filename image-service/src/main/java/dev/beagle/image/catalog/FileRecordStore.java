package dev.beagle.image.catalog;

import dev.beagle.image.content.DurableFiles;
import dev.beagle.image.reference.Digest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** One file per image: {@code FOLDER/HEX.json}, synced. */
final class FileRecordStore implements RecordStore {
  private final Path folder;

  FileRecordStore(Path folder) {
    this.folder = DurableFiles.createFolder(folder);
    DurableFiles.sweepAside(folder);
  }

  @Override
  public List<byte[]> load() {
    List<byte[]> contents = new ArrayList<>();
    for (Path file : DurableFiles.list(folder)) {
      if (file.getFileName().toString().endsWith(".json")) {
        try {
          contents.add(Files.readAllBytes(file));
        } catch (IOException error) {
          throw DurableFiles.failure("read", file, error);
        }
      }
    }
    return contents;
  }

  @Override
  public void write(Digest id, byte[] content) {
    DurableFiles.replace(fileOf(id), content);
  }

  @Override
  public void delete(Digest id) {
    DurableFiles.delete(fileOf(id));
  }

  private Path fileOf(Digest id) {
    return folder.resolve(id.hex() + ".json");
  }
}
