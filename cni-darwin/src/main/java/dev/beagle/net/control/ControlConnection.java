package dev.beagle.net.control;

import dev.beagle.failure.Failure;
import dev.beagle.net.control.JsonText.JsonObject;
import dev.beagle.net.loop.EventLoop;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;

/** One client of the control socket. Confined to the segment's thread. */
final class ControlConnection implements EventLoop.Handler {
  private static final int LONGEST_LINE = 1 << 20;

  private final ControlServer server;
  private final SocketChannel channel;
  private final SelectionKey key;
  private final ArrayDeque<ByteBuffer> answers = new ArrayDeque<>();
  private ByteBuffer input = ByteBuffer.allocate(4096);
  private boolean greeted;
  private boolean closing;

  ControlConnection(ControlServer server, EventLoop loop, SocketChannel channel)
      throws IOException {
    this.server = server;
    this.channel = channel;
    this.key = loop.register(channel, SelectionKey.OP_READ, this);
  }

  @Override
  public void ready(SelectionKey ready) {
    try {
      if (ready.isReadable() && !read()) {
        close();
        return;
      }
      flush();
      if (closing && answers.isEmpty()) {
        close();
      }
    } catch (IOException gone) {
      close();
    }
  }

  @Override
  public void failed(SelectionKey failed, RuntimeException defect) {
    close();
  }

  private boolean read() throws IOException {
    if (!input.hasRemaining()) {
      if (input.capacity() >= LONGEST_LINE) {
        return false;
      }
      input = ByteBuffer.allocate(input.capacity() * 4).put(input.flip());
    }
    if (channel.read(input) < 0) {
      return false;
    }
    input.flip();
    int start = 0;
    for (int at = 0; at < input.limit() && !closing; at++) {
      if (input.get(at) == '\n') {
        byte[] line = new byte[at - start];
        input.get(start, line);
        start = at + 1;
        say(line(new String(line, StandardCharsets.UTF_8)));
      }
    }
    input.position(start).compact();
    return true;
  }

  private JsonObject line(String line) {
    JsonObject request;
    try {
      request = JsonText.read(line);
      if (!greeted) {
        greet(request.integer("hello", 1, Integer.MAX_VALUE));
        return new JsonObject()
            .put("hello", ControlServer.VERSION)
            .put("pid", ProcessHandle.current().pid());
      }
    } catch (Failure wrong) {
      closing = true;
      return ControlServer.failed(wrong);
    }
    return server.answer(request);
  }

  private void greet(int version) {
    if (version != ControlServer.VERSION) {
      throw Failure.unsupported(
          "the client speaks version " + version + ", this switch " + ControlServer.VERSION);
    }
    greeted = true;
  }

  private void say(JsonObject answer) {
    answers.add(ByteBuffer.wrap((JsonText.write(answer) + "\n").getBytes(StandardCharsets.UTF_8)));
  }

  private void flush() throws IOException {
    while (!answers.isEmpty()) {
      ByteBuffer head = answers.getFirst();
      channel.write(head);
      if (head.hasRemaining()) {
        // Who does not read its answers is not asked for more.
        key.interestOps(SelectionKey.OP_WRITE);
        return;
      }
      answers.removeFirst();
    }
    key.interestOps(SelectionKey.OP_READ);
  }

  private void close() {
    server.closed(this);
    try {
      channel.close();
    } catch (IOException error) {
      throw new java.io.UncheckedIOException(error);
    }
  }
}
