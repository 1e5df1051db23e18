package dev.beagle.node.streaming;

import io.netty.channel.Channel;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * Counts connections: strangers, which have not used a token yet, apart from those that have, so
 * that nobody without a token can keep out who has one. Event loop only.
 */
@SuppressWarnings("FutureReturnValueIgnored") // the connection is given up anyway
final class Admission {
  private final StreamingLimits limits;

  /** Oldest first. */
  private final Set<Channel> strangers = new LinkedHashSet<>();

  private int admitted;

  Admission(StreamingLimits limits) {
    this.limits = limits;
  }

  /** Counts a new connection, and throws out the oldest stranger where there are too many. */
  void arrived(Channel channel) {
    if (strangers.size() >= limits.strangers()) {
      Channel oldest = strangers.iterator().next();
      strangers.remove(oldest);
      // At once: one that lingers would hold its socket without being counted.
      if (oldest.pipeline().get(LingeringClose.class) != null) {
        oldest.pipeline().remove(LingeringClose.class);
      }
      oldest.close();
    }
    strangers.add(channel);
    channel.closeFuture().addListener(closed -> strangers.remove(channel));
  }

  /** Whether another one could be admitted now. */
  boolean hasRoom() {
    return admitted < limits.connections();
  }

  /** Counts a connection that has used its token as no stranger any more, until it closes. */
  void admit(Channel channel) {
    strangers.remove(channel);
    admitted++;
    channel.closeFuture().addListener(closed -> admitted--);
  }
}
