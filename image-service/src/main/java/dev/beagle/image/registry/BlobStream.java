package dev.beagle.image.registry;

import dev.beagle.failure.Failure;
import dev.beagle.image.manifest.Descriptor;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.Objects;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * A blob's bytes through cut connections: what is missing is asked for again. Delivers exactly the
 * descriptor's size; more or less is CORRUPTED. The digest is the reader's business. Confined to
 * one thread.
 */
final class BlobStream extends InputStream {
  private static final int MAX_BARREN_RESUMES = 5;

  /** What must arrive between two cuts for the earlier ones to be forgiven, in bytes. */
  private static final long PROGRESS = 1 << 20;

  private final Descriptor blob;
  private final String subject;
  private final LongFunction<InputStream> open;
  private final RegistryCaller caller;
  private final Duration backoff;
  private @Nullable InputStream body;
  private long position;
  private long lastCut;
  private int barrenResumes;

  /**
   * @param open gets the rest of the blob from an offset
   */
  BlobStream(
      Descriptor blob,
      String subject,
      LongFunction<InputStream> open,
      RegistryCaller caller,
      Duration backoff) {
    this.blob = blob;
    this.subject = subject;
    this.open = open;
    this.caller = caller;
    this.backoff = backoff;
    this.body = open.apply(0);
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, target.length);
    while (true) {
      try {
        InputStream current = body == null ? resume() : body;
        int count = current.read(target, offset, length);
        if (count < 0) {
          return atEnd();
        }
        position += count;
        if (position > blob.size()) {
          throw wrongSize("more");
        }
        return count;
      } catch (InterruptedIOException interrupted) {
        throw Failure.cancelled(subject + ": cancelled");
      } catch (IOException cut) {
        noteCut(cut);
      }
    }
  }

  private int atEnd() {
    if (position < blob.size()) {
      throw wrongSize("only " + position);
    }
    return -1;
  }

  private Failure wrongSize(String bytes) {
    return Failure.corrupted(
        "%s: the registry sent %s bytes where the manifest says %d"
            .formatted(subject, bytes, blob.size()));
  }

  private InputStream resume() {
    InputStream rest = open.apply(position);
    body = rest;
    return rest;
  }

  private void noteCut(IOException cut) {
    close();
    if (position - lastCut >= PROGRESS) {
      barrenResumes = 0;
    }
    lastCut = position;
    if (++barrenResumes > MAX_BARREN_RESUMES) {
      throw Failure.unavailable(
          "%s: the connection was cut %d times, last after %d of %d bytes"
              .formatted(subject, barrenResumes, position, blob.size()),
          cut);
    }
    caller.pause(backoff, subject);
  }

  @Override
  public void close() {
    InputStream current = body;
    body = null;
    if (current != null) {
      try {
        current.close();
      } catch (IOException ignored) {
        // The connection is given up anyway.
      }
    }
  }
}
