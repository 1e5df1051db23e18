package dev.beagle.node.streaming;

import dev.beagle.failure.Failure;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One forwarded connection. A failure to connect is told as text on the error stream, upon which Go
 * clients close everything; so what breaks later only resets this pair's data stream.
 */
final class PortPair {
  private static final Logger LOG = LoggerFactory.getLogger(PortPair.class);

  private static final int COPY_BYTES = 16 * 1024;

  private final PeerStream error;
  private final PeerStream data;
  private final int port;
  private final PortDialer dialer;
  private final ExecutorService threads;
  private final Duration grace;
  private final CountDownLatch downloaded = new CountDownLatch(1);
  private @Nullable Thread dialing;
  private @Nullable ByteChannel target;
  private boolean cancelled;

  PortPair(
      PeerStream error,
      PeerStream data,
      int port,
      PortDialer dialer,
      Duration grace,
      ExecutorService threads) {
    this.error = error;
    this.data = data;
    this.port = port;
    this.dialer = dialer;
    this.grace = grace;
    this.threads = threads;
  }

  /** Runs on threads of its own until both directions have ended, then the action. */
  void start(Runnable whenDone) {
    threads.execute(() -> {
      try {
        run();
      } finally {
        whenDone.run();
      }
    });
    data.onReset(this::cancel);
  }

  /** The client has gone. */
  synchronized void cancel() {
    cancelled = true;
    if (dialing != null) {
      dialing.interrupt();
    }
    if (target != null) {
      closeQuietly(target);
    }
  }

  private void run() {
    String trouble = "";
    boolean broken = false;
    try (ByteChannel channel = dial()) {
      carry(channel);
    } catch (Failure refused) {
      trouble = "error forwarding port " + port + ": " + refused.reason();
    } catch (IOException | InterruptedException gone) {
      LOG.atDebug().setCause(gone).addKeyValue("port", port).log("forwarded connection broke");
      broken = true;
    } catch (RuntimeException bug) {
      LOG.atError().setCause(bug).addKeyValue("port", port).log("port forward broke");
      trouble = "error forwarding port " + port + ": " + bug;
    }
    end(trouble, broken);
  }

  private ByteChannel dial() {
    synchronized (this) {
      if (cancelled) {
        throw Failure.cancelled("the client has gone");
      }
      dialing = Thread.currentThread();
    }
    ByteChannel dialed = null;
    try {
      dialed = dialer.dial(port);
      return dialed;
    } finally {
      synchronized (this) {
        dialing = null;
        target = dialed;
        if (cancelled && dialed != null) {
          closeQuietly(dialed);
        }
      }
    }
  }

  private void carry(ByteChannel channel) throws IOException, InterruptedException {
    Future<?> upload =
        threads.submit(() -> {
          upload(channel);
          return port;
        });
    try {
      download(channel);
    } finally {
      downloaded.countDown();
    }
    try {
      upload.get(grace.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException | ExecutionException ended) {
      LOG.atDebug().setCause(ended).addKeyValue("port", port).log("client's direction cut short");
    }
  }

  private void download(ByteChannel channel) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(COPY_BYTES);
    OutputStream client = data.output();
    while (channel.read(buffer) >= 0) {
      client.write(buffer.array(), 0, buffer.position());
      buffer.clear();
    }
    client.close();
  }

  private void upload(ByteChannel channel) throws IOException, InterruptedException {
    byte[] buffer = new byte[COPY_BYTES];
    try (InputStream client = data.input()) {
      for (int count = client.read(buffer); count >= 0; count = client.read(buffer)) {
        ByteBuffer bytes = ByteBuffer.wrap(buffer, 0, count);
        while (bytes.hasRemaining()) {
          channel.write(bytes);
        }
      }
    }
    // Not reached when the target stops taking bytes: what it still says is worth hearing.
    if (channel instanceof SocketChannel socket) {
      socket.shutdownOutput();
    } else if (!downloaded.await(grace.toMillis(), TimeUnit.MILLISECONDS)) {
      channel.close();
    }
  }

  private void end(String trouble, boolean broken) {
    try {
      if (!trouble.isEmpty()) {
        error.output().write(trouble.getBytes(StandardCharsets.UTF_8));
      }
      if (broken) {
        data.reset();
      } else {
        data.output().close();
      }
      error.output().close();
    } catch (IOException gone) {
      LOG.atDebug().setCause(gone).addKeyValue("port", port).log("forward ended after its client");
    } finally {
      closeQuietly(data.input());
      data.release();
      error.release();
    }
  }

  private static void closeQuietly(AutoCloseable resource) {
    try {
      resource.close();
    } catch (Exception gone) {
      LOG.atDebug().setCause(gone).log("already gone");
    }
  }
}
