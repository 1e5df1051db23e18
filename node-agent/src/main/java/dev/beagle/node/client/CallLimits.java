package dev.beagle.node.client;

import java.time.Duration;

/** How long calls may take; a hung daemon is told from a busy one. */
public final class CallLimits {
  /** What is answered from memory. */
  public static final Duration QUERY = Duration.ofSeconds(20);

  /** What makes or removes something. */
  public static final Duration CHANGE = Duration.ofMinutes(4);

  /** Downloads of any size: the daemon itself gives up on a pull that stands still. */
  public static final Duration PULL = Duration.ofHours(6);

  private CallLimits() {}
}
