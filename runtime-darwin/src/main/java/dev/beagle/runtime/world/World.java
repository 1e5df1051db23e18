package dev.beagle.runtime.world;

import dev.beagle.runtime.guest.GuestAgent;
import dev.beagle.runtime.pod.PodNetwork;
import java.nio.file.Path;
import java.util.List;

/** A running Linux with an agent in it. Thread-safe. */
public interface World extends AutoCloseable {
  GuestAgent agent();

  /** Connects the sandbox's network, for a world whose agent does not do that itself. */
  default void join(PodNetwork network) {}

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

  /** Nothing is written to the log any more, whatever the agent does. */
  default void closeLog(Path path) {}

  /** The cgroup of a container, the same path in every hierarchy. */
  String cgroupOf(String container);

  /** Why it is gone, for the sandbox's status; once its agent is. */
  default String endReason() {
    return "the sandbox's guest agent died";
  }

  /** Lets go of the world, which goes on. */
  @Override
  void close();
}
