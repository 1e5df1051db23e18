package dev.beagle.net.control;

import dev.beagle.failure.Failure;
import dev.beagle.net.flow.TimerQueue;
import dev.beagle.net.link.PortOutput;
import dev.beagle.net.link.SwitchPort;
import dev.beagle.net.loop.EventLoop;
import dev.beagle.net.tcp.ByteRing;
import dev.beagle.net.wire.PacketView;
import dev.beagle.net.wire.VirtioNetHeader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * One connection of a port: a line that says which, then frames with their length before them. What
 * the socket does not take waits here, up to a bound; beyond it frames are dropped. Confined to the
 * segment's thread.
 */
final class PortConnection implements EventLoop.Handler, PortOutput {
  /** Virtio-net header and frame: IPv6 with the largest payload and a VLAN tag. */
  static final int LONGEST = 65_605;

  private static final int SHORTEST = VirtioNetHeader.LENGTH + PacketView.ETHERNET_LENGTH;
  private static final int PREFIX = 4;
  private static final int LONGEST_LINE = 512;
  private static final int QUEUE_BYTES = 1 << 20;
  private static final long PATIENCE = 5_000_000_000L;
  private static final ByteBuffer NOTHING = ByteBuffer.allocateDirect(0);

  private final PortServer server;
  private final SocketChannel channel;
  private final SelectionKey key;
  private final TimerQueue.Timer patience;
  private final ByteRing queue;
  private final ByteBuffer prefix = ByteBuffer.allocateDirect(PREFIX);
  private final ByteBuffer[] vector = new ByteBuffer[5];
  private ByteBuffer rest = NOTHING;
  private @Nullable SwitchPort port;
  private boolean closed;

  PortConnection(PortServer server, EventLoop loop, SocketChannel channel) throws IOException {
    this.server = server;
    this.channel = channel;
    this.queue = new ByteRing(server.queues(), QUEUE_BYTES);
    this.key = loop.register(channel, SelectionKey.OP_READ, this);
    this.patience = loop.timers().timer(this::impatient);
    patience.arm(loop.now() + PATIENCE);
  }

  private void impatient() {
    if (port == null) {
      close();
    }
  }

  @Override
  public void ready(SelectionKey ready) {
    int operations = ready.readyOps();
    if ((operations & SelectionKey.OP_WRITE) != 0) {
      flushQueue();
    }
    if ((operations & SelectionKey.OP_READ) != 0 && !closed) {
      read();
    }
  }

  // ---- In

  private void read() {
    ByteBuffer input = server.input().clear();
    input.put(rest.flip());
    rest.clear();
    try {
      if (channel.read(input) < 0) {
        close();
        return;
      }
    } catch (IOException gone) {
      close();
      return;
    }
    input.flip();
    if (port == null) {
      introduce(input);
    }
    SwitchPort from = port;
    if (from != null && !closed) {
      frames(from, input);
      server.batchEnded();
    }
    if (!closed) {
      keep(input);
    }
  }

  private void frames(SwitchPort from, ByteBuffer input) {
    int end = input.limit();
    int at = input.position();
    while (end - at >= PREFIX && !closed) {
      int length = input.getInt(at);
      if (length < SHORTEST || length > LONGEST) {
        server.malformed(); // The stream is out of step: there is no next frame to be found.
        close();
        return;
      }
      if (end - at < PREFIX + length) {
        break;
      }
      server.frame(from, input.limit(at + PREFIX + length).position(at + PREFIX));
      at += PREFIX + length;
      input.limit(end).position(at);
    }
  }

  private void keep(ByteBuffer input) {
    int count = input.remaining();
    if (count == 0) {
      rest = NOTHING;
      return;
    }
    if (rest.capacity() < count) {
      rest = ByteBuffer.allocate(Math.min(Math.max(count, 2048) * 2, LONGEST + PREFIX));
    }
    rest.clear().put(input);
  }

  private void introduce(ByteBuffer input) {
    int line = input.position();
    int end = line;
    while (end < input.limit() && input.get(end) != '\n') {
      end++;
    }
    if (end == input.limit()) {
      if (end - line > LONGEST_LINE) {
        refuse("the first line is too long");
      }
      return;
    }
    byte[] bytes = new byte[Math.min(end - line, LONGEST_LINE)];
    input.get(line, bytes);
    input.position(end + 1);
    String[] words = new String(bytes, StandardCharsets.ISO_8859_1).split(" ", -1);
    if (words.length != 4 || !words[0].equals("PORT")) {
      refuse("'PORT 1 NAME TOKEN' was expected");
    } else if (!words[1].equals("1")) {
      refuse("version " + words[1] + " is not 1");
    } else {
      open(words[2], words[3]);
    }
  }

  private void open(String name, String token) {
    SwitchPort opened;
    try {
      opened = server.segment().authenticate(name, token).port();
    } catch (Failure denied) {
      refuse(denied.reason());
      return;
    }
    patience.cancel();
    say("OK\n");
    if (!closed) {
      port = opened;
      server.opened(this, opened);
    }
  }

  private void refuse(String reason) {
    say("ERROR " + reason + "\n");
    close();
  }

  private void say(String line) {
    try {
      channel.write(ByteBuffer.wrap(line.getBytes(StandardCharsets.UTF_8)));
    } catch (IOException gone) {
      close();
    }
  }

  // ---- Out

  @Override
  public boolean writable() {
    return queue.isEmpty() && !closed;
  }

  @Override
  public boolean send(ByteBuffer[] parts, int count) {
    int length = 0;
    for (int i = 0; i < count; i++) {
      length += parts[i].remaining();
      vector[i + 1] = parts[i];
    }
    if (closed || queue.free() < PREFIX + length) {
      return false;
    }
    prefix.clear().putInt(0, length);
    vector[0] = prefix;
    if (queue.isEmpty()) {
      try {
        if (channel.write(vector, 0, count + 1) == PREFIX + length) {
          return true;
        }
      } catch (IOException gone) {
        close();
        return false;
      }
      key.interestOpsOr(SelectionKey.OP_WRITE);
    }
    // A frame that was begun is finished before anything else.
    for (int i = 0; i <= count; i++) {
      queue.put(vector[i]);
    }
    return true;
  }

  private void flushQueue() {
    try {
      while (!queue.isEmpty()) {
        ByteBuffer front = queue.front();
        int count = channel.write(front);
        queue.discard(count);
        if (front.hasRemaining()) {
          return;
        }
      }
    } catch (IOException gone) {
      close();
      return;
    }
    key.interestOpsAnd(~SelectionKey.OP_WRITE);
    SwitchPort drained = port;
    if (drained != null) {
      drained.drained();
    }
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    patience.cancel();
    queue.clear();
    SwitchPort was = port;
    if (was != null) {
      was.disconnect(this);
    }
    server.closed(this, was);
    try {
      channel.close();
    } catch (IOException error) {
      server.malformed();
    }
  }
}
