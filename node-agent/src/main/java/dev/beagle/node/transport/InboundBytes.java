package dev.beagle.node.transport;

import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * What the other end sent on one stream: the event loop puts it in, a virtual thread reads it and
 * blocks while there is none. Bounded by the connection's {@link ReadGate}. Closing it throws away
 * what is there and what comes.
 */
public final class InboundBytes extends InputStream {
  /** What a chunk costs besides its bytes, so that many tiny ones are bounded too. */
  private static final int CHUNK_OVERHEAD = 64;

  private final ReadGate gate;
  private final Queue<byte[]> chunks = new ArrayDeque<>();
  private int offset;
  private boolean finished;
  private boolean closed;
  private @Nullable String broken;

  public InboundBytes(ReadGate gate) {
    this.gate = gate;
  }

  /** Copies the content; event loop only. */
  public synchronized void offer(ByteBuf content) {
    if (closed || finished || !content.isReadable()) {
      return;
    }
    byte[] chunk = new byte[content.readableBytes()];
    content.readBytes(chunk);
    chunks.add(chunk);
    gate.take(chunk.length + CHUNK_OVERHEAD);
    notifyAll();
  }

  /** End of file after what is there. */
  public synchronized void finish() {
    finished = true;
    notifyAll();
  }

  /** An error after what is there; nothing when it has ended already. */
  public synchronized void fail(String reason) {
    if (!finished) {
      finished = true;
      broken = reason;
      notifyAll();
    }
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
  }

  @Override
  public synchronized int read(byte[] target, int start, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    byte[] chunk = awaitChunk();
    if (chunk == null) {
      return -1;
    }
    int count = Math.min(length, chunk.length - offset);
    System.arraycopy(chunk, offset, target, start, count);
    offset += count;
    if (offset == chunk.length) {
      dropFirst(chunk);
    }
    return count;
  }

  private byte @Nullable [] awaitChunk() throws IOException {
    while (!closed && !finished && chunks.isEmpty()) {
      try {
        wait();
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
        throw new InterruptedIOException("interrupted while waiting for the other end");
      }
    }
    if (closed) {
      throw new IOException("stream closed");
    }
    byte[] chunk = chunks.peek();
    if (chunk == null && broken != null) {
      throw new IOException(broken);
    }
    return chunk;
  }

  private void dropFirst(byte[] chunk) {
    chunks.remove();
    offset = 0;
    gate.give(chunk.length + CHUNK_OVERHEAD);
  }

  @Override
  public synchronized void close() {
    closed = true;
    for (byte[] chunk = chunks.peek(); chunk != null; chunk = chunks.peek()) {
      dropFirst(chunk);
    }
    notifyAll();
  }
}
