package dev.beagle.runtime.world;

import java.nio.file.Path;

/** Something of the host that a world is given. */
public sealed interface WorldFolder {
  String name();

  /** A folder or file, with the mounts below it. */
  record Host(String name, Path path, Access access) implements WorldFolder {}

  /**
   * What a container writes: the folder of this host with {@code upper} and {@code work} in it; a
   * world with a disk of its own makes one there instead.
   */
  record Written(String name, Path path) implements WorldFolder {}

  /** What a world may do with a folder of the host. */
  enum Access {
    WRITABLE,
    /** With all mounts below it; what the host mounts there later does not come. */
    READ_ONLY
  }

  /** An image layer as a read-only file system. */
  record Layer(String name, String diffId, Path image) implements WorldFolder {}
}
