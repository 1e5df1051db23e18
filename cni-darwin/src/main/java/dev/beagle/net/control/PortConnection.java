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
  private static final int FRAMES_PER_TURN = 128;
  private static final int LEAST_TURN = 16 << 10;
  private static final int MOST_TURN = PortServer.SOCKET_BUFFER;
  private static final long PATIENCE = 5_000_000_000L;
  private static final ByteBuffer NOTHING = ByteBuffer.allocateDirect(0);

  private final PortServer server;
  private final SocketChannel channel;
  private final SelectionKey key;
  private final TimerQueue.Timer patience;
  private final ByteRing queue;
  private final ByteBuffer prefix = ByteBuffer.allocateDirect(PREFIX);
  private final ByteBuffer[] vector = new ByteBuffer[5];

  /** The beginning of a frame whose end has not come: nothing, or what stands in {@link #begun}. */
  private ByteBuffer rest = NOTHING;

  private @Nullable ByteBuffer begun;
  private @Nullable SwitchPort port;
  private int turnBytes = 64 << 10;
  private boolean closed;

  PortConnection(PortServer server, EventLoop loop, SocketChannel channel) throws IOException {
    this.server = server;
    this.channel = channel;
    this.queue = new ByteRing(server.queues().share(this), QUEUE_BYTES);
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

  /** The port connects again; its flows wait. */
  @Override
  public void failed(SelectionKey failed, RuntimeException defect) {
    close();
  }

  // ---- In

  private void read() {
    ByteBuffer input = server.input().clear();
    input.put(rest.flip());
    rest.clear();
    input.limit(input.position() + turnBytes);
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
      int taken = input.remaining();
      int count = frames(from, input);
      adjustTurn(taken, count);
      server.batchEnded();
    }
    if (!closed) {
      keep(input);
    }
  }

  /**
   * A frame costs time whatever its length, up to the opening of a connection: a port gets a turn
   * of so many frames, not of so many bytes, or a flood of small ones would keep everybody waiting.
   */
  private void adjustTurn(int bytes, int frames) {
    long wanted = (long) bytes / Math.max(frames, 1) * FRAMES_PER_TURN;
    turnBytes = (int) Math.clamp(wanted, LEAST_TURN, Math.min(2L * turnBytes, MOST_TURN));
  }

  /** Hands on every whole frame; says how many. */
  private int frames(SwitchPort from, ByteBuffer input) {
    int end = input.limit();
    int at = input.position();
    int count = 0;
    while (end - at >= PREFIX && !closed) {
      int length = input.getInt(at);
      if (length < SHORTEST || length > LONGEST) {
        server.malformed(); // The stream is out of step: there is no next frame to be found.
        close();
        break;
      }
      if (end - at < PREFIX + length) {
        break;
      }
      server.frame(from, input.limit(at + PREFIX + length).position(at + PREFIX));
      at += PREFIX + length;
      input.limit(end).position(at);
      count++;
    }
    return count;
  }

  private void keep(ByteBuffer input) {
    int count = input.remaining();
    if (count == 0) {
      rest = NOTHING;
      return;
    }
    ByteBuffer own = begun;
    if (own == null) {
      own = ByteBuffer.allocateDirect(PREFIX + LONGEST);
      begun = own;
    }
    rest = own.clear().put(input);
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
    if (closed || !(queue.isEmpty() || queue.hasRoom(PREFIX + length))) {
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
