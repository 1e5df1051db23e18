package dev.beagle.runtime.world;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.runtime.guest.GuestAgent;
import dev.beagle.runtime.guest.wire.AddFolder;
import dev.beagle.runtime.guest.wire.RemoveFolder;
import dev.beagle.runtime.guest.wire.Request;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The folders that a world's agent has, by name. Not thread-safe: the world's lock guards it. */
public final class AgentFolders {
  private static final Duration CALL_LIMIT = Duration.ofSeconds(30);

  private final GuestAgent agent;
  private final Set<String> present;

  /**
   * @param present what the agent has already
   */
  public AgentFolders(GuestAgent agent, Collection<String> present) {
    this.agent = agent;
    this.present = new HashSet<>(present);
  }

  public boolean contains(String name) {
    return present.contains(name);
  }

  /** Tells the agent of one that the world has made reachable. */
  public void add(AddFolder request) {
    agent.call(Request.newBuilder().setAddFolder(request), CALL_LIMIT);
    present.add(request.getName());
  }

  /**
   * Has the agent let go of those that it has. Each is forgotten only once it is gone: after a
   * failure the next call tries again.
   */
  public void remove(List<String> names) {
    for (String name : names) {
      if (present.contains(name)) {
        remove(name);
        present.remove(name);
      }
    }
  }

  private void remove(String name) {
    try {
      agent.call(
          Request.newBuilder().setRemoveFolder(RemoveFolder.newBuilder().setName(name)),
          CALL_LIMIT);
    } catch (Failure failure) {
      if (failure.kind() != FailureKind.NOT_FOUND) {
        throw failure;
      }
    }
  }
}
