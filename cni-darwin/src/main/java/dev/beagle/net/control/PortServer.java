package dev.beagle.net.control;

import dev.beagle.net.gateway.Gateway;
import dev.beagle.net.link.EthernetSwitch;
import dev.beagle.net.link.SwitchCounters;
import dev.beagle.net.link.SwitchPort;
import dev.beagle.net.loop.EventLoop;
import dev.beagle.net.tcp.BufferPool;
import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Accepts ports on their Unix socket. A newer connection of a port replaces the older; when the
 * last one goes, the port's flows wait for a successor for a while. Confined to the segment's
 * thread.
 */
final class PortServer implements EventLoop.Handler {
  /** Linux gives 208 KiB and macOS 8 KiB; from 1 MiB on there is nothing more to gain. */
  static final int SOCKET_BUFFER = 1 << 20;

  private static final long GRACE = 30_000_000_000L;
  private static final int STRANGERS = 256;

  /** Of frames that ports do not take, all ports together; beyond it the least of each. */
  private static final long QUEUE_BUDGET = 64L << 20;

  /** The longest frame fits: one that was begun can be finished. */
  private static final int LEAST_QUEUE = 256 << 10;

  private final EventLoop loop;
  private final Segment segment;
  private final EthernetSwitch ethernet;
  private final Gateway gateway;
  private final SwitchCounters counters;
  private final Consumer<RuntimeException> defects;
  private final ServerSocketChannel channel;
  private final BufferPool queues = new BufferPool(QUEUE_BUDGET, LEAST_QUEUE);
  private final ByteBuffer input =
      ByteBuffer.allocateDirect(SOCKET_BUFFER + PortConnection.LONGEST);
  private final Map<SwitchPort, PortConnection> connected = new HashMap<>();
  private final Set<PortConnection> strangers = new HashSet<>();

  /** What the connections share. */
  record Switching(
      EthernetSwitch ethernet,
      Gateway gateway,
      SwitchCounters counters,
      Consumer<RuntimeException> defects) {}

  PortServer(EventLoop loop, Segment segment, Switching switching, ServerSocketChannel channel)
      throws IOException {
    this.loop = loop;
    this.segment = segment;
    this.ethernet = switching.ethernet();
    this.gateway = switching.gateway();
    this.counters = switching.counters();
    this.defects = switching.defects();
    this.channel = channel;
    loop.register(channel, SelectionKey.OP_ACCEPT, this);
  }

  @Override
  public void ready(SelectionKey key) {
    try {
      SocketChannel accepted = channel.accept();
      while (accepted != null) {
        accepted(accepted);
        accepted = channel.accept();
      }
    } catch (IOException noDescriptors) {
      loop.pause(key);
    }
  }

  /** Who was being accepted is lost; the socket is everybody's, and stays. */
  @Override
  public void failed(SelectionKey key, RuntimeException defect) {
    loop.pause(key);
  }

  private void accepted(SocketChannel accepted) throws IOException {
    if (strangers.size() >= STRANGERS) {
      accepted.close();
      return;
    }
    try {
      accepted.setOption(StandardSocketOptions.SO_SNDBUF, SOCKET_BUFFER);
      accepted.setOption(StandardSocketOptions.SO_RCVBUF, SOCKET_BUFFER);
      strangers.add(new PortConnection(this, loop, accepted));
    } catch (IOException | RuntimeException notTaken) {
      accepted.close();
      throw notTaken;
    }
  }

  Segment segment() {
    return segment;
  }

  BufferPool queues() {
    return queues;
  }

  /** Where a connection reads into; only during one turn. */
  ByteBuffer input() {
    return input;
  }

  /** A stranger proved to be a port. */
  void opened(PortConnection connection, SwitchPort port) {
    strangers.remove(connection);
    PortConnection older = connected.put(port, connection);
    if (older != null) {
      older.close();
    }
    port.connect(connection);
  }

  void closed(PortConnection connection, @Nullable SwitchPort port) {
    strangers.remove(connection);
    if (port != null && connected.remove(port, connection)) {
      loop.timers().timer(() -> abandon(port)).arm(loop.now() + GRACE);
    }
  }

  private void abandon(SwitchPort port) {
    if (!port.isConnected()) {
      gateway.endFlows(port);
    }
  }

  void frame(SwitchPort from, ByteBuffer frame) {
    try {
      ethernet.receive(from, frame);
    } catch (RuntimeException defect) {
      defects.accept(defect); // It costs the frame, not the port.
    }
  }

  void batchEnded() {
    try {
      gateway.flush();
    } catch (RuntimeException defect) {
      defects.accept(defect);
    }
  }

  void malformed() {
    counters.increment(SwitchCounters.Counter.MALFORMED);
  }
}
