package dev.beagle.image.catalog;

import dev.beagle.image.reference.Digest;
import java.util.List;

/** Where records are kept; each step is there whole or not at all after a crash. */
interface RecordStore {
  List<byte[]> load();

  void write(Digest id, byte[] content);

  void delete(Digest id);
}
