package dev.beagle.node.streaming;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureDetail;
import dev.beagle.runtime.stdio.ContainerProcess;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Exec and attach. Once the client has opened every stream that goes with its options, one virtual
 * thread opens the process, has a thread for each stream copy it, waits for the outputs and the
 * exit, and ends in this order: outputs, status, connection. Where the request says so, the end of
 * the client's input ends an attachment's outputs too. When the client is lost the process gets end
 * of file and its further output is thrown away; it is not killed.
 */
final class RemoteCommandSession implements StreamSession {
  private static final Logger LOG = LoggerFactory.getLogger(RemoteCommandSession.class);

  private static final int COPY_BYTES = 32 * 1024;

  private final StreamingRequest.RemoteCommand request;
  private final RemoteCommandProtocol protocol;
  private final StreamingLimits limits;
  private final ExecutorService threads;
  private final Set<Role> expected;

  /** Event loop only until complete, then read only. */
  private final Map<Role, PeerStream> streams = new EnumMap<>(Role.class);

  private @Nullable PeerConnection connection;
  private @Nullable Future<?> conversation;
  private volatile boolean detached;

  RemoteCommandSession(
      StreamingRequest.RemoteCommand request,
      RemoteCommandProtocol protocol,
      StreamingLimits limits,
      ExecutorService threads) {
    this.request = request;
    this.protocol = protocol;
    this.limits = limits;
    this.threads = threads;
    this.expected = expectedRoles(request.options(), protocol);
  }

  private static Set<Role> expectedRoles(StreamOptions options, RemoteCommandProtocol protocol) {
    Set<Role> roles = EnumSet.of(Role.ERROR);
    if (options.stdin()) {
      roles.add(Role.STDIN);
    }
    if (options.stdout()) {
      roles.add(Role.STDOUT);
    }
    if (options.stderr()) {
      roles.add(Role.STDERR);
    }
    if (options.tty() && protocol.resize()) {
      roles.add(Role.RESIZE);
    }
    return roles;
  }

  @Override
  public void start(PeerConnection started, Timers timers) {
    connection = started;
    timers.after(
        limits.handshake(),
        () -> {
          if (conversation == null) {
            started.abort("streams " + expected + " expected, only " + streams.keySet() + " came");
          }
        });
  }

  @Override
  public boolean accept(PeerStream stream, Function<String, @Nullable String> headers) {
    Optional<Role> role = Role.of(headers.apply("streamtype"));
    if (role.isEmpty() || !expected.contains(role.get())) {
      return false;
    }
    if (streams.putIfAbsent(role.get(), stream) != null) {
      return false;
    }
    if (streams.keySet().equals(expected)) {
      conversation = threads.submit(this::run);
    }
    return true;
  }

  @Override
  public void lost() {
    if (conversation != null) {
      conversation.cancel(true);
    }
  }

  private void run() {
    CommandStatus status;
    try {
      status = converse();
    } catch (Failure failure) {
      status = internalError(failure.reason(), failure.detail());
    } catch (InterruptedException | IOException lost) {
      LOG.atDebug().setCause(lost).log("remote command's client lost");
      status = internalError("the streams broke off: " + lost.getMessage(), Optional.empty());
    } catch (RuntimeException bug) {
      LOG.atError().setCause(bug).log("remote command broke");
      status = internalError(bug.toString(), Optional.empty());
    }
    end(status);
  }

  private CommandStatus.InternalFailure internalError(
      String reason, Optional<FailureDetail> detail) {
    return new CommandStatus.InternalFailure(
        (request.attach()
                ? "error attaching to container: "
                : "error executing command in container: ")
            + reason,
        detail);
  }

  private CommandStatus converse() throws InterruptedException, IOException {
    List<Future<?>> outputs = new ArrayList<>();
    try (ContainerProcess process = request.opener().get()) {
      Future<?> stdin = null;
      PeerStream input = streams.get(Role.STDIN);
      if (input != null) {
        stdin =
            threads.submit(() -> {
              copyInput(input, process);
              if (request.inputEndDetaches()) {
                detach(process);
              }
            });
      }
      PeerStream sizes = streams.get(Role.RESIZE);
      if (sizes != null) {
        threads.execute(() -> followSize(sizes, process));
      }
      startOutput(Role.STDOUT, process.stdout(), outputs);
      startOutput(Role.STDERR, process.stderr(), outputs);
      IOException broken = awaitAll(outputs);
      if (!request.attach()) {
        return CommandStatus.of(process.await());
      }
      if (broken != null && !detached) {
        throw broken;
      }
      if (outputs.isEmpty() && stdin != null) {
        awaitAll(List.of(stdin));
      }
      return new CommandStatus.Success();
    } finally {
      discardInput(Role.STDIN);
      discardInput(Role.RESIZE);
    }
  }

  /** Closes our ends of its streams, so that the copies of its outputs end. */
  private void detach(ContainerProcess process) {
    detached = true;
    process.close();
  }

  private void startOutput(Role role, Optional<InputStream> source, List<Future<?>> outputs) {
    PeerStream stream = streams.get(role);
    if (stream != null && source.isPresent()) {
      outputs.add(
          threads.submit(() -> {
            copyOutput(source.get(), stream.output());
            return role;
          }));
    }
  }

  /** Waits for all; the first that broke on the process's side, if any. */
  private static @Nullable IOException awaitAll(List<Future<?>> copies)
      throws InterruptedException {
    IOException broken = null;
    for (Future<?> copy : copies) {
      try {
        copy.get();
      } catch (ExecutionException failed) {
        if (failed.getCause() instanceof IOException error) {
          broken = broken == null ? error : broken;
        } else {
          throw new IllegalStateException("copying a stream", failed.getCause());
        }
      }
    }
    return broken;
  }

  /** To the end of the output, even when the client no longer takes it: the process goes on. */
  private static void copyOutput(InputStream source, OutputStream client) throws IOException {
    byte[] buffer = new byte[COPY_BYTES];
    boolean wanted = true;
    for (int count = source.read(buffer); count >= 0; count = source.read(buffer)) {
      if (wanted) {
        try {
          client.write(buffer, 0, count);
        } catch (IOException gone) {
          wanted = false;
        }
      }
    }
    if (wanted) {
      closeQuietly(client);
    }
  }

  private static void copyInput(PeerStream stream, ContainerProcess process) {
    Optional<OutputStream> stdin = process.stdin();
    if (stdin.isEmpty()) {
      discard(stream);
      return;
    }
    byte[] buffer = new byte[COPY_BYTES];
    // Its close is the process's end of file, whether the client ended it, reset it or is lost.
    try (OutputStream target = stdin.get()) {
      InputStream source = stream.input();
      for (int count = source.read(buffer); count >= 0; count = source.read(buffer)) {
        target.write(buffer, 0, count);
        target.flush();
      }
    } catch (IOException ended) {
      LOG.atDebug().setCause(ended).log("standard input ended early");
    } finally {
      discard(stream);
    }
  }

  private static void followSize(PeerStream stream, ContainerProcess process) {
    try {
      TerminalSizes.read(stream.input(), process::resize);
    } catch (IOException | Failure ended) {
      LOG.atDebug().setCause(ended).log("terminal sizes ended");
    } finally {
      discard(stream);
    }
  }

  private void discardInput(Role role) {
    PeerStream stream = streams.get(role);
    if (stream != null) {
      discard(stream);
    }
  }

  private static void discard(PeerStream stream) {
    closeQuietly(stream.input());
  }

  private void end(CommandStatus status) {
    byte[] message = status.bytes(protocol);
    OutputStream error = Objects.requireNonNull(streams.get(Role.ERROR)).output();
    try {
      if (protocol == RemoteCommandProtocol.V1) {
        // Its clients do not wait for the error stream once the outputs have ended.
        tell(error, message);
      }
      closeOutput(Role.STDOUT);
      closeOutput(Role.STDERR);
      if (protocol != RemoteCommandProtocol.V1) {
        tell(error, message);
      }
    } catch (IOException gone) {
      LOG.atDebug().setCause(gone).log("remote command ended without its client");
    } finally {
      Objects.requireNonNull(connection).finish();
    }
  }

  private static void tell(OutputStream error, byte[] message) throws IOException {
    error.write(message);
    error.close();
  }

  private void closeOutput(Role role) throws IOException {
    PeerStream stream = streams.get(role);
    if (stream != null) {
      stream.output().close();
    }
  }

  private static void closeQuietly(AutoCloseable stream) {
    try {
      stream.close();
    } catch (Exception gone) {
      LOG.atDebug().setCause(gone).log("stream already gone");
    }
  }

  /** What a stream carries, by its header {@code streamType}. */
  enum Role {
    ERROR,
    STDIN,
    STDOUT,
    STDERR,
    RESIZE;

    static Optional<Role> of(@Nullable String header) {
      for (Role role : values()) {
        if (role.name().toLowerCase(Locale.ROOT).equals(header)) {
          return Optional.of(role);
        }
      }
      return Optional.empty();
    }
  }
}
