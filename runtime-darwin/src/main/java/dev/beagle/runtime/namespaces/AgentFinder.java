package dev.beagle.runtime.namespaces;

import dev.beagle.failure.Failure;
import dev.beagle.runtime.guest.GuestAgent;
import dev.beagle.runtime.guest.wire.ListProcesses;
import dev.beagle.runtime.guest.wire.ProcessList;
import dev.beagle.runtime.guest.wire.Request;
import dev.beagle.runtime.world.World;
import dev.beagle.runtime.world.WorldRecord;
import java.net.ConnectException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds the agents that an earlier daemon started, by their sockets. Only what is certain is said:
 * an agent that does not answer is neither there nor gone. Immutable.
 */
final class AgentFinder {
  private static final Logger LOG = LoggerFactory.getLogger(AgentFinder.class);
  private static final Duration CALL_LIMIT = Duration.ofSeconds(10);

  private final Function<WorldRecord, GuestAgent> dial;
  private final CgroupIndex index;
  private final LayerMounts layers;

  /**
   * @param dial connects to the agent of a world
   * @param index completed for sandboxes that an earlier version made
   */
  AgentFinder(Function<WorldRecord, GuestAgent> dial, CgroupIndex index, LayerMounts layers) {
    this.dial = dial;
    this.index = index;
    this.layers = layers;
  }

  static Path socket(WorldRecord record) {
    return Path.of(record.folder(), "agent.sock");
  }

  /**
   * The world of a sandbox; empty when it is certainly gone.
   *
   * @throws Failure when nobody can tell just now
   */
  Optional<World> find(WorldRecord record) {
    if (Files.notExists(socket(record))) {
      return Optional.empty();
    }
    GuestAgent agent;
    try {
      agent = dial.apply(record);
    } catch (Failure failure) {
      if (refused(failure)) {
        LOG.info("agent of sandbox {} is gone: {}", record.sandbox(), failure.reason());
        return Optional.empty();
      }
      throw failure;
    }
    try {
      return identify(record, agent);
    } catch (RuntimeException | OutOfMemoryError unknown) {
      agent.close();
      throw unknown;
    }
  }

  /** Nobody listens at the socket. All else (no descriptor, no answer in time) tells nothing. */
  private static boolean refused(Failure failure) {
    return failure.getCause() instanceof ConnectException;
  }

  private Optional<World> identify(WorldRecord record, GuestAgent agent) {
    ProcessList known =
        agent
            .call(
                Request.newBuilder().setListProcesses(ListProcesses.getDefaultInstance()),
                CALL_LIMIT)
            .getProcesses();
    if (!known.getSandbox().equals(record.sandbox().value())) {
      LOG.warn(
          "the agent at {} is sandbox {}'s, not {}'s",
          socket(record),
          Failure.shown(known.getSandbox()),
          record.sandbox());
      agent.close();
      return Optional.empty();
    }
    index.complete(record);
    return Optional.of(
        new NamespacesWorld(record, socket(record), agent, layers, known.getFoldersList()));
  }
}
