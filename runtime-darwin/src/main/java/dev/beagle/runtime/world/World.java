package dev.beagle.runtime.world;

import dev.beagle.runtime.guest.GuestAgent;
import java.nio.file.Path;
import java.util.List;

/** A running Linux with an agent in it. Thread-safe. */
public interface World extends AutoCloseable {
  GuestAgent agent();

  /** Makes folders of this host appear as {@code /folders/NAME}; those that are there stay. */
  void addFolders(List<WorldFolder> folders);

  /** Takes folders away again; unknown names are fine. */
  void removeFolders(List<String> names);

  /**
   * Opens a log for the agent to write to.
   *
   * @return what the request calls it
   */
  String openLog(Path path);

  /** The cgroup of a container, the same path in every hierarchy. */
  String cgroupOf(String container);

  /** Lets go of the world, which goes on. */
  @Override
  void close();
}
