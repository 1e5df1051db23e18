package dev.beagle.node.client;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.handler.codec.spdy.DefaultSpdyDataFrame;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One stream of a {@link SpdyConnection}, as blocking Java streams. One reader and one writer; the
 * event loop feeds it. While a megabyte waits for the reader, the connection is not read.
 */
// A write that fails closes the channel, and that ends everything that waits.
@SuppressWarnings("FutureReturnValueIgnored")
public final class SpdyStream {
  private static final int MAX_WAITING_BYTES = 1 << 20;

  private final int id;
  private final Channel channel;
  private final CompletableFuture<Void> accepted = new CompletableFuture<>();
  private final Deque<byte[]> waiting = new ArrayDeque<>();
  private int waitingBytes;
  private boolean ended;
  private @Nullable IOException failure;

  SpdyStream(int id, Channel channel) {
    this.id = id;
    this.channel = channel;
  }

  CompletableFuture<Void> accepted() {
    return accepted;
  }

  synchronized void received(byte[] bytes) {
    if (bytes.length == 0) {
      return;
    }
    waiting.add(bytes);
    waitingBytes += bytes.length;
    if (waitingBytes > MAX_WAITING_BYTES) {
      channel.config().setAutoRead(false);
    }
    notifyAll();
  }

  /** The server sends no more; with a reason when that is not the regular end. */
  synchronized void ended(@Nullable IOException reason) {
    if (!ended) {
      ended = true;
      failure = reason;
      if (reason != null) {
        accepted.completeExceptionally(reason);
      }
      notifyAll();
    }
  }

  private synchronized byte @Nullable [] take() throws IOException {
    while (waiting.isEmpty()) {
      if (failure != null) {
        throw new IOException(failure);
      }
      if (ended) {
        return null;
      }
      try {
        wait();
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
        throw new InterruptedIOException("interrupted while reading a stream");
      }
    }
    byte[] bytes = waiting.remove();
    waitingBytes -= bytes.length;
    if (waitingBytes <= MAX_WAITING_BYTES / 2 && !channel.config().isAutoRead()) {
      channel.config().setAutoRead(true);
    }
    return bytes;
  }

  /** What the server sends; the end of file is its half-close. */
  public InputStream input() {
    return new Input();
  }

  /** What we send; closing it is our half-close. */
  public OutputStream output() {
    return new Output();
  }

  private final class Input extends InputStream {
    private byte[] current = new byte[0];
    private int position;

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      if (length == 0) {
        return 0;
      }
      if (position == current.length) {
        byte[] next = take();
        if (next == null) {
          return -1;
        }
        current = next;
        position = 0;
      }
      int count = Math.min(length, current.length - position);
      System.arraycopy(current, position, target, offset, count);
      position += count;
      return count;
    }
  }

  private final class Output extends OutputStream {
    @Override
    public void write(int value) throws IOException {
      write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      send(new DefaultSpdyDataFrame(id, Unpooled.copiedBuffer(bytes, offset, length)));
    }

    @Override
    public void close() throws IOException {
      DefaultSpdyDataFrame last = new DefaultSpdyDataFrame(id);
      last.setLast(true);
      channel.writeAndFlush(last);
    }

    private void send(DefaultSpdyDataFrame frame) throws IOException {
      try {
        channel.writeAndFlush(frame).sync();
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
        throw new InterruptedIOException("interrupted while writing a stream");
      } catch (RuntimeException lost) {
        throw new IOException("connection closed", lost);
      }
    }
  }
}
