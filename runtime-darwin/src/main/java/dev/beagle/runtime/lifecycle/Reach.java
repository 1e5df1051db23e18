package dev.beagle.runtime.lifecycle;

import dev.beagle.runtime.world.World;

/**
 * Whether the agent of a sandbox can be asked.
 *
 * <pre>
 *   Absent ──► Reached ──► Absent      made by this daemon
 *              ▲
 *   Awaited ───┴─────────► Absent      left by an earlier one
 * </pre>
 */
sealed interface Reach {
  /** The sandbox is being made and has no world yet, or its world has ended. */
  record Absent() implements Reach {}

  /**
   * An earlier daemon's agent, which may well be alive, is being asked.
   *
   * @param reason why it was not reached so far
   */
  record Awaited(String reason) implements Reach {}

  /** It is connected. */
  record Reached(World world) implements Reach {}
}
