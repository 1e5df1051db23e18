package dev.beagle.image.registry;

import dev.beagle.failure.Failure;
import dev.beagle.image.manifest.Descriptor;
import dev.beagle.time.Time;
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

  /**
   * What must arrive while that long is waited for it: a registry that sends a byte a minute is
   * never silent for long, and would keep a place among the few downloads of the node for ever.
   */
  static final long LEAST_BYTES = 256 << 10;

  static final Duration LEAST_BYTES_WITHIN = Duration.ofMinutes(5);

  /** A layer takes the time that it takes as long as it comes on. */
  static final Duration ANY_TIME = Duration.ofSeconds(Long.MAX_VALUE);

  private final Descriptor blob;
  private final String subject;
  private final LongFunction<InputStream> open;
  private final RegistryCaller caller;
  private final Duration timeout;
  private final Duration backoff;
  private final Time time;
  private @Nullable InputStream body;
  private long position;
  private long lastCut;
  private int barrenResumes;
  private long waitedNanos;
  private long waitedSince;
  private long waitedInAll;

  /**
   * @param open gets the rest of the blob from an offset
   * @param timeout for what is waited for the blob in all, cuts included
   * @param time that waiting is measured with
   */
  BlobStream(
      Descriptor blob,
      String subject,
      LongFunction<InputStream> open,
      RegistryCaller caller,
      Duration timeout,
      Duration backoff,
      Time time) {
    this.blob = blob;
    this.subject = subject;
    this.open = open;
    this.caller = caller;
    this.timeout = timeout;
    this.backoff = backoff;
    this.time = time;
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
      long before = time.nanos();
      try {
        InputStream current = body == null ? resume() : body;
        long start = time.nanos();
        int count = current.read(target, offset, length);
        noteWait(time.nanos() - start);
        noteAll(time.nanos() - before);
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
        noteAll(time.nanos() - before);
        noteCut(cut);
      }
    }
  }

  /** Only what the registry lets us wait counts, not what the reader takes its time for. */
  private void noteWait(long nanos) {
    if (position - waitedSince >= LEAST_BYTES) {
      waitedSince = position;
      waitedNanos = 0;
    }
    waitedNanos += nanos;
    if (waitedNanos > LEAST_BYTES_WITHIN.toNanos()) {
      close();
      throw Failure.unavailable(
          "%s: the registry sent only %d bytes in %d minutes, after %d of %d: pull again later, or name a mirror in hosts.toml"
              .formatted(
                  subject,
                  position - waitedSince,
                  LEAST_BYTES_WITHIN.toMinutes(),
                  waitedSince,
                  blob.size()));
    }
  }

  private void noteAll(long nanos) {
    waitedInAll += nanos;
    if (Duration.ofNanos(waitedInAll).compareTo(timeout) > 0) {
      close();
      throw Failure.unavailable(
          "%s: the registry sent only %d of %d bytes in %d s: pull again later, or name a mirror in hosts.toml"
              .formatted(subject, position, blob.size(), timeout.toSeconds()));
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
