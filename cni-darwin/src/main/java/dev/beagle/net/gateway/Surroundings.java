package dev.beagle.net.gateway;

import dev.beagle.net.flow.TimerQueue;
import dev.beagle.net.host.HostSockets;
import dev.beagle.net.link.SwitchCounters;
import dev.beagle.net.tcp.BufferPool;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/** What the parts of a gateway share. */
record Surroundings(
    GatewaySettings settings,
    HostSockets sockets,
    TimerQueue timers,
    LongSupplier clock,
    BufferPool pool,
    SwitchCounters counters,
    Consumer<RuntimeException> defects,
    PacketSender sender) {
  long now() {
    return clock.getAsLong();
  }

  void count(SwitchCounters.Counter counter) {
    counters.increment(counter);
  }
}
