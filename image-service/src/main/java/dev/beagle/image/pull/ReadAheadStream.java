package dev.beagle.image.pull;

import dev.beagle.failure.Failure;
import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Reads another stream on a thread of its own, some buffers ahead, so that unpacking and what
 * consumes it run at the same time. Reads throw {@link Failure}s and what the source threw. One
 * thread reads and closes.
 */
final class ReadAheadStream extends InputStream {
  private static final int BUFFER = 256 << 10;
  private static final int BUFFERS_AHEAD = 4;
  private static final long OFFER_MILLIS = 1000;

  private final InputStream source;
  private final BlockingQueue<Chunk> chunks = new ArrayBlockingQueue<>(BUFFERS_AHEAD);
  private final BlockingQueue<byte[]> spare = new ArrayBlockingQueue<>(BUFFERS_AHEAD + 2);
  private final Thread reader;
  private volatile boolean closed;
  private @Nullable Chunk current;
  private int position;

  /**
   * @param source read on the new thread from now on; closed with this stream
   * @param name of the thread
   */
  ReadAheadStream(InputStream source, String name) {
    this.source = source;
    this.reader = Thread.ofPlatform().name(name).daemon().start(this::readAhead);
  }

  private void readAhead() {
    try {
      Chunk chunk;
      do {
        chunk = nextChunk();
      } while (put(chunk) && chunk.length() > 0);
    } catch (InterruptedException closing) {
      // The consumer has closed and waits for this thread's end only.
    }
  }

  private Chunk nextChunk() {
    byte[] buffer = spare.poll();
    if (buffer == null) {
      buffer = new byte[BUFFER];
    }
    try {
      return new Chunk(buffer, source.readNBytes(buffer, 0, buffer.length), null);
    } catch (IOException | RuntimeException | Error error) {
      return new Chunk(buffer, 0, error);
    }
  }

  private boolean put(Chunk chunk) throws InterruptedException {
    while (!closed) {
      if (chunks.offer(chunk, OFFER_MILLIS, TimeUnit.MILLISECONDS)) {
        return true;
      }
    }
    return false;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, target.length);
    Chunk chunk = current;
    if (chunk == null || position == chunk.length()) {
      chunk = chunk != null && chunk.length() == 0 ? chunk : advance(chunk);
    }
    if (chunk.length() == 0) {
      chunk.rethrow();
      return -1;
    }
    int count = Math.min(length, chunk.length() - position);
    System.arraycopy(chunk.buffer(), position, target, offset, count);
    position += count;
    return count;
  }

  private Chunk advance(@Nullable Chunk done) {
    if (done != null) {
      boolean kept = spare.offer(done.buffer());
      assert kept || spare.remainingCapacity() == 0;
    }
    try {
      Chunk next = chunks.take();
      current = next;
      position = 0;
      return next;
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw Failure.cancelled("interrupted while reading a layer");
    }
  }

  /** Stops the thread and waits for its end, then closes the source. */
  @Override
  public void close() throws IOException {
    closed = true;
    reader.interrupt();
    PlatformTask.joinUninterruptibly(reader);
    source.close();
  }

  /**
   * @param length 0 at the end
   * @param error why the end came, if not by itself
   */
  @SuppressWarnings("ArrayRecordComponent") // A buffer in transit, never compared.
  private record Chunk(byte[] buffer, int length, @Nullable Throwable error) {
    void rethrow() throws IOException {
      switch (error) {
        case null -> {}
        case IOException io -> throw io;
        case RuntimeException unchecked -> throw unchecked;
        case Error serious -> throw serious;
        default -> throw new IOException(error);
      }
    }
  }
}
