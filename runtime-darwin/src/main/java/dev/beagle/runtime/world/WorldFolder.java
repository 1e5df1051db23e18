package dev.beagle.runtime.world;

import java.nio.file.Path;

/** Something of the host that a world is given. */
public sealed interface WorldFolder {
  String name();

  /** A folder or file, with the mounts below it. */
  record Host(String name, Path path, boolean readOnly) implements WorldFolder {}

  /** An image layer as a read-only file system. */
  record Layer(String name, String diffId, Path image) implements WorldFolder {}
}
