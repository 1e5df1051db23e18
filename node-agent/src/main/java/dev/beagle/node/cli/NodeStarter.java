package dev.beagle.node.cli;

import dev.beagle.node.config.Installation;
import dev.beagle.node.config.NodeConfig;

/** Starts the daemon's parts; the composition root does it. */
@FunctionalInterface
public interface NodeStarter {
  /**
   * Returns once the CRI socket answers. The folders of the configuration exist, are ours alone and
   * are locked.
   *
   * @throws dev.beagle.failure.Failure naming what could not be started; then nothing of this call
   *     is left
   */
  RunningNode start(NodeConfig config, Installation installation);

  /** A daemon that serves. Thread-safe. */
  interface RunningNode {
    /** For the ready line, for instance "pod network 10.88.0.0/16, sandbox kind namespaces". */
    String summary();

    /**
     * Stops serving and returns when all is written down.
     *
     * @param stopPods whether the pods end too; else they run on and the next daemon finds them
     */
    void stop(boolean stopPods);
  }
}
