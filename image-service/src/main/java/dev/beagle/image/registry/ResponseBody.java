package dev.beagle.image.registry;

import dev.beagle.time.Time;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow.Subscription;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A response's body as a stream. Other than the JDK's own it gives up when nothing comes for a
 * while, or too little within a time that its reader sets, and holds a bounded window of what came
 * early. The transport's threads put in, one thread reads.
 */
final class ResponseBody extends InputStream implements BodySubscriber<ResponseBody> {
  /** In the transport's buffers, 16 KiB each. */
  private static final int WINDOW = 32;

  private final Duration idleTimeout;
  private final Time time;
  private final BlockingQueue<Signal> signals = new LinkedBlockingQueue<>();
  private final Deque<ByteBuffer> current = new ArrayDeque<>();
  private final CompletableFuture<Subscription> subscribed = new CompletableFuture<>();
  private @Nullable Signal end;
  private volatile boolean closed;
  private Deadline deadline = Deadline.NONE;
  private long received;

  ResponseBody(Duration idleTimeout, Time time) {
    this.idleTimeout = idleTimeout;
    this.time = time;
  }

  /** One that has ended. */
  static ResponseBody empty() {
    ResponseBody body = new ResponseBody(Duration.ZERO, Time.system());
    body.onComplete();
    return body;
  }

  /**
   * From now on what is read has to come within a time, however steadily a little of it comes:
   * otherwise reads throw {@link SlowBodyException}. Zero lifts the limit.
   */
  void within(Duration limit) {
    deadline = new Deadline(limit, time.nanos(), received);
  }

  @Override
  public CompletionStage<ResponseBody> getBody() {
    return CompletableFuture.completedStage(this);
  }

  @Override
  public void onSubscribe(Subscription subscription) {
    subscribed.complete(subscription);
    if (closed) {
      subscription.cancel();
    } else {
      subscription.request(WINDOW);
    }
  }

  @Override
  public void onNext(List<ByteBuffer> buffers) {
    signals.add(new Data(buffers));
  }

  @Override
  public void onError(Throwable cause) {
    signals.add(new Broken(cause));
  }

  @Override
  public void onComplete() {
    signals.add(new Complete());
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, target.length);
    if (length == 0) {
      return 0;
    }
    while (true) {
      ByteBuffer buffer = current.peek();
      if (buffer == null) {
        if (!await()) {
          return -1;
        }
      } else if (buffer.hasRemaining()) {
        int count = Math.min(length, buffer.remaining());
        buffer.get(target, offset, count);
        received += count;
        return count;
      } else {
        current.remove();
      }
    }
  }

  /** Waits for the next buffers; false at the end. */
  private boolean await() throws IOException {
    if (closed) {
      throw new IOException("the body is closed");
    }
    Signal signal = end == null ? take() : end;
    return switch (signal) {
      case Data data -> {
        current.addAll(data.buffers());
        subscribed.resultNow().request(1);
        yield true;
      }
      case Complete _ -> {
        end = signal;
        yield false;
      }
      case Broken broken -> {
        end = signal;
        throw new IOException(broken.cause().getMessage(), broken.cause());
      }
    };
  }

  private Signal take() throws IOException {
    try {
      long left = deadline.left(time.nanos());
      Signal signal =
          left <= 0
              ? null
              : signals.poll(Math.min(idleTimeout.toNanos(), left), TimeUnit.NANOSECONDS);
      if (signal == null && deadline.left(time.nanos()) <= 0) {
        throw new SlowBodyException(received - deadline.receivedBefore(), deadline.limit());
      }
      if (signal == null) {
        throw new HttpTimeoutException("no data for " + idleTimeout.toMillis() + " ms");
      }
      return signal;
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted");
    }
  }

  /** Also cuts the connection where the body has not ended. */
  @Override
  public void close() {
    closed = true;
    if (subscribed.isDone()) {
      subscribed.resultNow().cancel();
    }
    signals.clear();
    current.clear();
  }

  private record Deadline(Duration limit, long from, long receivedBefore) {
    static final Deadline NONE = new Deadline(Duration.ZERO, 0, 0);

    long left(long now) {
      return limit.isZero() ? Long.MAX_VALUE : limit.toNanos() - (now - from);
    }
  }

  private sealed interface Signal {}

  private record Data(List<ByteBuffer> buffers) implements Signal {}

  private record Broken(Throwable cause) implements Signal {}

  private record Complete() implements Signal {}
}
