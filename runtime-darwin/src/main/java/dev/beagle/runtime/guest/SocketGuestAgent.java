package dev.beagle.runtime.guest;

import com.google.protobuf.UnknownFieldSet;
import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.runtime.guest.wire.Exited;
import dev.beagle.runtime.guest.wire.Hello;
import dev.beagle.runtime.guest.wire.HelloReply;
import dev.beagle.runtime.guest.wire.ListProcesses;
import dev.beagle.runtime.guest.wire.Reply;
import dev.beagle.runtime.guest.wire.Request;
import dev.beagle.runtime.guest.wire.Role;
import java.io.IOException;
import java.nio.channels.ByteChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The agent over stream sockets that a {@link Dialer} opens. One virtual thread reads the control
 * connection and hands replies to the waiting callers, one writes requests to it; both end with the
 * connection. Each exit is delivered on a thread of its own, so that a listener may call the agent.
 *
 * <p>What speaks may be a guest that others have taken: an agent that says more than an agent can
 * have to say loses its connection, and its words are shown as anybody's.
 */
public final class SocketGuestAgent implements GuestAgent {
  /** The version of the protocol that this class speaks. */
  public static final int PROTOCOL = 1;

  private static final Duration GREETING_LIMIT = Duration.ofSeconds(10);

  /** A call that waits longer is worth a line in the log, whatever its own limit is. */
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  /** How many times the patience an agent may be silent that was asked for a sign of life. */
  private static final int HANGS_AFTER = 3;

  /** Exits that were told and not dealt with; more processes of a sandbox never end at once. */
  private static final int MOST_EXITS = 4096;

  /** Of ids and names (PROTOCOL.md). */
  private static final int LONGEST_NAME = 128;

  /** What was sent cannot be taken back. */
  private static final String AFTERWARDS =
      "; it may still be done when the agent answers again, and removing the pod by force ends it";

  private static final Logger LOG = LoggerFactory.getLogger(SocketGuestAgent.class);

  private final String name;
  private final Dialer dialer;
  private final SocketChannel control;
  private final Thread reader;
  private final Thread writer;
  private final AtomicLong nextId = new AtomicLong(1);
  private final Map<Long, CompletableFuture<Reply>> waiting = new ConcurrentHashMap<>();
  private final BlockingQueue<Request> outgoing = new LinkedBlockingQueue<>();

  private final Object listeners = new Object();
  private final List<Exited> early = new ArrayList<>();
  private final AtomicInteger exitsUnderWay = new AtomicInteger();
  private @Nullable Consumer<Exited> exitListener;
  private @Nullable Runnable goneListener;
  private boolean gone;
  private volatile boolean closed;

  /** Whether it was logged that calls wait. */
  private final AtomicBoolean silent = new AtomicBoolean();

  /** Messages of the agent. */
  private final AtomicLong heard = new AtomicLong();

  private final Duration patience;

  private SocketGuestAgent(String name, Dialer dialer, SocketChannel control, Duration patience) {
    this.patience = patience;
    this.name = name;
    this.dialer = dialer;
    this.control = control;
    this.reader = Thread.ofVirtual().name("agent-" + name).unstarted(this::readReplies);
    this.writer = Thread.ofVirtual().name("agent-writer-" + name).unstarted(this::writeRequests);
  }

  /**
   * Connects and greets.
   *
   * @param name for messages and thread names
   * @throws Failure UNAVAILABLE when nobody answers, UNSUPPORTED when it speaks another version
   */
  public static SocketGuestAgent connect(String name, Dialer dialer) {
    return connect(name, dialer, PATIENCE);
  }

  /**
   * Connects and greets.
   *
   * @param patience how long a call waits before the agent's silence is logged
   */
  static SocketGuestAgent connect(String name, Dialer dialer, Duration patience) {
    try {
      SocketChannel control = dialer.dial();
      try {
        greet(control, Hello.newBuilder().setProtocol(PROTOCOL).setRole(Role.CONTROL).build());
      } catch (IOException | RuntimeException error) {
        control.close();
        throw error;
      }
      SocketGuestAgent agent = new SocketGuestAgent(name, dialer, control, patience);
      agent.reader.start();
      agent.writer.start();
      return agent;
    } catch (IOException error) {
      throw Failure.unavailable("guest agent of " + name + ": " + error.getMessage(), error);
    }
  }

  /** An agent that is stopped accepts connections and never answers. */
  private static void greet(SocketChannel channel, Hello hello) throws IOException {
    CompletableFuture<Boolean> answered = new CompletableFuture<>();
    CompletableFuture<Boolean> watched =
        answered
            .orTimeout(GREETING_LIMIT.toMillis(), TimeUnit.MILLISECONDS)
            .whenComplete((answer, late) -> closeIfLate(channel, late));
    try {
      Frames.write(channel, hello);
      checkGreeting(Frames.read(channel, HelloReply.parser()));
    } catch (IOException error) {
      throw watched.isCompletedExceptionally()
          ? new IOException("no answer in " + GREETING_LIMIT, error)
          : error;
    } finally {
      answered.complete(true);
    }
  }

  private static void closeIfLate(SocketChannel channel, @Nullable Throwable late) {
    if (late != null) {
      try {
        channel.close();
      } catch (IOException error) {
        LOG.debug("closing a connection that nobody answers", error);
      }
    }
  }

  static void checkGreeting(HelloReply reply) {
    if (reply.hasError()) {
      throw failure(reply.getError());
    }
    if (reply.getProtocol() != PROTOCOL) {
      throw Failure.unsupported(
          "guest agent speaks protocol " + reply.getProtocol() + ", this daemon " + PROTOCOL);
    }
  }

  @Override
  public Reply call(Request.Builder call, Duration timeout) {
    long id = nextId.getAndIncrement();
    CompletableFuture<Reply> future = new CompletableFuture<>();
    waiting.put(id, future);
    try {
      send(call.setId(id).build());
      if (isGone()) {
        // Nobody will; unless it was answered just before.
        future.completeExceptionally(new IOException("connection is closed"));
      }
      Reply reply = await(call, future, timeout);
      if (silent.compareAndSet(true, false)) {
        LOG.info("guest agent of sandbox {} answers again", name);
      }
      if (reply.hasError()) {
        throw failure(reply.getError());
      }
      return reply;
    } catch (ExecutionException error) {
      throw Failure.unavailable("guest agent of " + name + " is gone", error);
    } catch (TimeoutException error) {
      throw Failure.of(
          FailureKind.TIMED_OUT,
          "guest agent of "
              + name
              + " did not answer "
              + call.getCallCase()
              + " in "
              + (timeout.toMillis() / 1000.0)
              + " s"
              + AFTERWARDS,
          error);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw Failure.cancelled("interrupted while waiting for the guest agent of " + name);
    } finally {
      waiting.remove(id);
      withdraw(id);
    }
  }

  /** What is not sent yet need not be: an agent that hangs for long would do it all at its end. */
  private void withdraw(long id) {
    outgoing.removeIf(request -> request.getId() == id);
  }

  /**
   * Waits; silence is logged once, until there is an answer. An agent may take long for a call, but
   * not to answer a ping meanwhile.
   */
  private Reply await(Request.Builder call, CompletableFuture<Reply> future, Duration timeout)
      throws ExecutionException, InterruptedException, TimeoutException {
    if (timeout.compareTo(patience) < 0) {
      return future.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
    }
    try {
      return future.get(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException late) {
      if (silent.compareAndSet(false, true)) {
        LOG.warn(
            "guest agent of sandbox {} has not answered {} for {} s",
            name,
            call.getCallCase(),
            patience.toSeconds());
      }
      return awaitWhileAlive(call, future, timeout.minus(patience));
    }
  }

  private Reply awaitWhileAlive(
      Request.Builder call, CompletableFuture<Reply> future, Duration timeout)
      throws ExecutionException, InterruptedException, TimeoutException {
    Duration limit = patience.multipliedBy(HANGS_AFTER);
    Duration left = timeout;
    while (left.compareTo(limit) > 0) {
      long before = heard.get();
      long ping = nextId.getAndIncrement();
      send(
          Request.newBuilder()
              .setId(ping)
              .setListProcesses(ListProcesses.getDefaultInstance())
              .build());
      try {
        return future.get(limit.toMillis(), TimeUnit.MILLISECONDS);
      } catch (TimeoutException late) {
        withdraw(ping);
        if (heard.get() == before) {
          throw Failure.timedOut(
              "guest agent of %s hangs: no answer to %s, nor any sign of life for %d s"
                      .formatted(name, call.getCallCase(), limit.toSeconds())
                  + AFTERWARDS);
        }
      }
      left = left.minus(limit);
    }
    return future.get(left.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Whether calls wait for it longer than they should. */
  boolean silent() {
    return silent.get();
  }

  private void send(Request request) {
    if (request.getSerializedSize() > Frames.MAX_BYTES) {
      throw Failure.invalidArgument(
          "request for the guest agent of " + request.getSerializedSize() + " bytes, limit 4 MiB");
    }
    outgoing.add(request);
  }

  /**
   * The only writer: a caller whose thread is interrupted would close the channel by writing to it
   * (InterruptibleChannel), and with it, for us, the sandbox.
   */
  private void writeRequests() {
    try {
      Request next = outgoing.take();
      while (!isGone()) {
        Frames.write(control, next);
        next = outgoing.take();
      }
    } catch (IOException | Failure error) {
      lost(error);
    } catch (InterruptedException ended) {
      LOG.debug("writer of {} ends", name);
    }
  }

  @Override
  public ByteChannel openStream(StreamToken token) {
    try {
      SocketChannel stream = dialer.dial();
      try {
        greet(
            stream,
            Hello.newBuilder()
                .setProtocol(PROTOCOL)
                .setRole(Role.STREAM)
                .setToken(token.bytes())
                .build());
        return stream;
      } catch (IOException | RuntimeException error) {
        stream.close();
        throw error;
      }
    } catch (IOException error) {
      throw Failure.unavailable("stream of " + name + ": " + error.getMessage(), error);
    }
  }

  @Override
  public void onExit(Consumer<Exited> listener) {
    List<Exited> missed;
    synchronized (listeners) {
      exitListener = listener;
      missed = List.copyOf(early);
      early.clear();
      exitsUnderWay.addAndGet(missed.size());
    }
    // Not on this thread: a listener may take a lock that the caller holds, or call the agent.
    missed.forEach(exit -> tell(listener, exit));
  }

  @Override
  public void onGone(Runnable listener) {
    boolean already;
    synchronized (listeners) {
      goneListener = listener;
      already = gone;
    }
    if (already) {
      listener.run();
    }
  }

  private boolean isGone() {
    synchronized (listeners) {
      return gone;
    }
  }

  private void readReplies() {
    try {
      while (true) {
        Reply reply = Frames.read(control, Reply.parser());
        heard.incrementAndGet();
        if (reply.getId() == 0) {
          deliver(reply);
        } else {
          CompletableFuture<Reply> future = waiting.get(reply.getId());
          if (future != null) {
            future.complete(reply);
          }
        }
      }
    } catch (IOException | Failure error) {
      if (!closed) {
        if (error instanceof Failure) {
          LOG.warn("guest agent of sandbox {} is let go of: {}", name, error.getMessage());
        } else {
          LOG.debug("guest agent of {} is gone: {}", name, error.getMessage());
        }
      }
      lost(error);
    }
  }

  private void deliver(Reply event) {
    if (!event.hasExited()) {
      return;
    }
    Exited exit = checked(event.getExited());
    Consumer<Exited> listener;
    synchronized (listeners) {
      listener = exitListener;
      if (listener == null) {
        requireBelow(early.size());
        early.add(exit);
        return;
      }
    }
    requireBelow(exitsUnderWay.get());
    exitsUnderWay.incrementAndGet();
    tell(listener, exit);
  }

  /** On a thread of its own; the exit is counted as under way already. */
  private void tell(Consumer<Exited> listener, Exited exit) {
    Thread.ofVirtual()
        .name("exit-" + name)
        .start(() -> {
          try {
            listener.accept(exit);
          } finally {
            exitsUnderWay.decrementAndGet();
          }
        });
  }

  /** Nothing of it is kept but what the message says; a frame may be full of what it does not. */
  private static Exited checked(Exited exit) {
    for (String id : List.of(exit.getContainer(), exit.getExec())) {
      if (id.length() > LONGEST_NAME) {
        throw Failure.corrupted("guest agent tells of an end of " + Failure.shown(id));
      }
    }
    return exit.toBuilder().setUnknownFields(UnknownFieldSet.getDefaultInstance()).build();
  }

  private static void requireBelow(int exits) {
    if (exits >= MOST_EXITS) {
      throw Failure.corrupted(
          "guest agent tells of more than %d ends of processes at once".formatted(MOST_EXITS));
    }
  }

  private void lost(Exception error) {
    Runnable listener;
    synchronized (listeners) {
      // Reader and writer both notice; one of them tells.
      listener = gone ? null : goneListener;
      gone = true;
    }
    closeControl();
    outgoing.clear();
    // Wakes the writer, which then sees that there is nothing to write to.
    outgoing.add(Request.getDefaultInstance());
    waiting.values().forEach(future -> future.completeExceptionally(error));
    if (listener != null && !closed) {
      listener.run();
    }
  }

  private void closeControl() {
    try {
      control.close();
    } catch (IOException error) {
      LOG.debug("closing the control connection of {}", name, error);
    }
  }

  @Override
  public void close() {
    closed = true;
    closeControl();
  }

  /** Returns when nothing of this runs any more; only after the end of the connection. */
  void awaitEnd() throws InterruptedException {
    reader.join();
    writer.join();
  }

  static Failure failure(dev.beagle.runtime.guest.wire.Error error) {
    FailureKind kind;
    try {
      kind = FailureKind.valueOf(error.getKind());
    } catch (IllegalArgumentException unknown) {
      kind = FailureKind.INTERNAL;
    }
    Failure failure = Failure.of(kind, Failure.shown(error.getMessage()));
    return ProgramComplaint.in(failure.reason()).map(failure::with).orElse(failure);
  }

  /** Opens connections to one agent. */
  @FunctionalInterface
  public interface Dialer {
    SocketChannel dial() throws IOException;
  }
}
