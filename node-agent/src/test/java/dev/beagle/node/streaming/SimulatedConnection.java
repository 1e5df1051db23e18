package dev.beagle.node.streaming;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.node.transport.InboundBytes;
import dev.beagle.node.transport.ReadGate;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A client's connection without a wire: keeps in order what the session does to its streams. */
final class SimulatedConnection implements PeerConnection {
  private final List<String> events = new CopyOnWriteArrayList<>();
  private final CountDownLatch ended = new CountDownLatch(1);
  private final List<Runnable> timers = new ArrayList<>();
  private final StreamSession session;

  SimulatedConnection(StreamSession session) {
    this.session = session;
    session.start(
        this,
        (delay, action) -> {
          timers.add(action);
          return () -> timers.remove(action);
        });
  }

  @Override
  public void finish() {
    events.add("finished");
    ended.countDown();
  }

  @Override
  public void abort(String reason) {
    events.add("aborted: " + reason);
    ended.countDown();
  }

  List<String> events() {
    return events;
  }

  /** Waits for the end of the connection. */
  List<String> awaitEnd() throws InterruptedException {
    assertThat(ended.await(10, TimeUnit.SECONDS)).as("ended; so far %s", events).isTrue();
    return events;
  }

  /** Every timer that the session has set runs out. */
  void timeOut() {
    timers.forEach(Runnable::run);
  }

  /** Opens a stream; what happens to it is kept under the name. */
  Stream open(int id, String name, Map<String, String> headers) {
    Stream stream = new Stream(id, name);
    stream.accepted = session.accept(stream, headers::get);
    return stream;
  }

  Stream open(int id, String type) {
    return open(id, type, Map.of("streamtype", type));
  }

  final class Stream implements PeerStream {
    private final int id;
    private final String name;
    private final InboundBytes input = new InboundBytes(new ReadGate(new EmbeddedChannel()));
    private final OutputStream output = new Output();
    private @Nullable Runnable resetAction;
    private boolean broken;
    private boolean accepted;

    private Stream(int id, String name) {
      this.id = id;
      this.name = name;
    }

    boolean accepted() {
      return accepted;
    }

    void clientSends(String text) {
      input.offer(Unpooled.copiedBuffer(text, UTF_8));
    }

    void clientCloses() {
      input.finish();
    }

    void clientResets() {
      input.fail("reset");
      Runnable action;
      synchronized (this) {
        broken = true;
        action = resetAction;
      }
      if (action != null) {
        action.run();
      }
    }

    @Override
    public int id() {
      return id;
    }

    @Override
    public InputStream input() {
      return input;
    }

    @Override
    public OutputStream output() {
      return output;
    }

    @Override
    public synchronized void onReset(Runnable action) {
      resetAction = action;
    }

    @Override
    public void release() {
      events.add(name + " released");
    }

    @Override
    public void reset() {
      events.add(name + " reset");
    }

    private final class Output extends OutputStream {
      private boolean closed;

      @Override
      public void write(int value) throws IOException {
        write(new byte[] {(byte) value}, 0, 1);
      }

      @Override
      public void write(byte[] bytes, int offset, int length) throws IOException {
        synchronized (Stream.this) {
          if (closed || broken) {
            throw new IOException("gone");
          }
        }
        if (length > 0) {
          events.add(name + ": " + new String(bytes, offset, length, UTF_8));
        }
      }

      @Override
      public void close() {
        if (!closed) {
          closed = true;
          events.add(name + " ended");
        }
      }
    }
  }
}
