package dev.beagle.runtime.launch;

import dev.beagle.runtime.virtio.vsock.GuestOutput;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;

/**
 * What the guest's agent writes to one log: its answer to the greeting, which is a message behind
 * its length (u32, big endian), then lines. Thread-safe.
 */
final class GuestLog implements GuestOutput {
  private static final int LONGEST_ANSWER = 4096;

  private final Path path;
  private final FileChannel file;
  private final CompletableFuture<byte[]> answer = new CompletableFuture<>();

  /** Of the length, then of the message. */
  private ByteBuffer pending = ByteBuffer.allocate(Integer.BYTES);

  private boolean lengthIsKnown;
  private boolean answered;

  GuestLog(Path path, FileChannel file) {
    this.path = path;
    this.file = file;
  }

  Path path() {
    return path;
  }

  /** Completes with the message, or exceptionally when the connection ends before. */
  CompletableFuture<byte[]> answer() {
    return answer;
  }

  boolean isClosed() {
    return !file.isOpen();
  }

  @Override
  public synchronized void write(ByteBuffer bytes) throws IOException {
    if (isClosed()) {
      throw new IOException("the log was taken away");
    }
    while (!answered && bytes.hasRemaining()) {
      take(bytes);
    }
    try {
      while (bytes.hasRemaining()) {
        file.write(bytes);
      }
    } catch (IOException full) {
      // Costs lines, never the container: the next ones may find room.
      bytes.position(bytes.limit());
    }
  }

  private void take(ByteBuffer bytes) throws IOException {
    int count = Math.min(bytes.remaining(), pending.remaining());
    pending.put(bytes.slice(bytes.position(), count));
    bytes.position(bytes.position() + count);
    if (pending.hasRemaining()) {
      return;
    }
    if (lengthIsKnown) {
      answered = true;
      answer.complete(pending.array());
      return;
    }
    int length = pending.getInt(0);
    if (length <= 0 || length > LONGEST_ANSWER) {
      throw new IOException(
          "the guest's agent answers with " + Integer.toUnsignedLong(length) + " bytes");
    }
    lengthIsKnown = true;
    pending = ByteBuffer.allocate(length);
  }

  @Override
  public synchronized void close() {
    answer.completeExceptionally(new IOException("the connection ended"));
    try {
      file.close();
    } catch (IOException ignored) {
      // what was written is written
    }
  }
}
