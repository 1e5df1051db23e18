package dev.beagle.runtime.lifecycle;

import com.google.protobuf.ByteString;
import dev.beagle.failure.Failure;
import dev.beagle.runtime.guest.AgentProcess;
import dev.beagle.runtime.guest.GuestAgent;
import dev.beagle.runtime.guest.StreamToken;
import dev.beagle.runtime.guest.wire.AcknowledgeExit;
import dev.beagle.runtime.guest.wire.Attach;
import dev.beagle.runtime.guest.wire.Connect;
import dev.beagle.runtime.guest.wire.Exec;
import dev.beagle.runtime.guest.wire.Exited;
import dev.beagle.runtime.guest.wire.Request;
import dev.beagle.runtime.guest.wire.Resize;
import dev.beagle.runtime.guest.wire.Signal;
import dev.beagle.runtime.pod.ExecSpec;
import dev.beagle.runtime.stdio.ContainerProcess;
import dev.beagle.runtime.stdio.ExitStatus;
import dev.beagle.runtime.stdio.TerminalSize;
import java.io.IOException;
import java.nio.channels.ByteChannel;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Execs, attachments and forwarded ports of one sandbox. Thread-safe. */
final class WorldStreams {
  private static final Duration CONNECT_LIMIT = Duration.ofSeconds(10);

  private final LocalSandbox sandbox;
  private final Map<String, CompletableFuture<Exited>> execs = new ConcurrentHashMap<>();

  WorldStreams(LocalSandbox sandbox) {
    this.sandbox = sandbox;
  }

  /** Tokens of the streams a caller wants; absent ones are not asked for. */
  private record Tokens(
      @Nullable StreamToken stdin, @Nullable StreamToken stdout, @Nullable StreamToken stderr) {
    static Tokens of(boolean stdin, boolean stdout, boolean stderr) {
      return new Tokens(
          stdin ? StreamToken.random() : null,
          stdout ? StreamToken.random() : null,
          stderr ? StreamToken.random() : null);
    }

    static ByteString bytes(@Nullable StreamToken token) {
      return token == null ? ByteString.EMPTY : token.bytes();
    }
  }

  ContainerProcess exec(LocalContainer container, ExecSpec spec) {
    GuestAgent agent = sandbox.readyWorld().agent();
    String id = HexFormat.of().formatHex(StreamToken.random().bytes().toByteArray());
    Tokens tokens = Tokens.of(spec.stdin(), spec.stdout(), spec.stderr() && !spec.tty());
    CompletableFuture<Exited> exit = new CompletableFuture<>();
    execs.put(id, exit);
    try {
      agent.call(
          Request.newBuilder()
              .setExec(
                  Exec.newBuilder()
                      .setContainer(container.id().value())
                      .setExec(id)
                      .setProcess(ByteString.copyFrom(sandbox.execJson(container, spec)))
                      .setTty(spec.tty())
                      .setStdinToken(Tokens.bytes(tokens.stdin()))
                      .setStdoutToken(Tokens.bytes(tokens.stdout()))
                      .setStderrToken(Tokens.bytes(tokens.stderr()))
                      .setTimeoutMillis(spec.timeLimit().map(Duration::toMillis).orElse(0L))),
          LocalContainer.CALL_LIMIT);
      return open(agent, tokens, size -> resize(agent, container, id, size), () -> await(exit));
    } catch (RuntimeException failure) {
      execs.remove(id);
      if (failure instanceof Failure known && LocalContainer.givenUp(known)) {
        sandbox.killLater(Signal.newBuilder().setContainer(container.id().value()).setExec(id));
      }
      throw failure;
    }
  }

  ContainerProcess attach(LocalContainer container, boolean stdin, boolean stdout, boolean stderr) {
    GuestAgent agent = sandbox.readyWorld().agent();
    Tokens tokens =
        Tokens.of(stdin && container.spec().stdin(), stdout, stderr && !container.spec().tty());
    agent.call(
        Request.newBuilder()
            .setAttach(
                Attach.newBuilder()
                    .setContainer(container.id().value())
                    .setStdinToken(Tokens.bytes(tokens.stdin()))
                    .setStdoutToken(Tokens.bytes(tokens.stdout()))
                    .setStderrToken(Tokens.bytes(tokens.stderr()))),
        LocalContainer.CALL_LIMIT);
    return open(agent, tokens, size -> resize(agent, container, "", size), container::await);
  }

  ByteChannel connect(int port) {
    GuestAgent agent = sandbox.readyWorld().agent();
    StreamToken token = StreamToken.random();
    agent.call(
        Request.newBuilder().setConnect(Connect.newBuilder().setPort(port).setToken(token.bytes())),
        CONNECT_LIMIT);
    return agent.openStream(token);
  }

  private static ContainerProcess open(
      GuestAgent agent, Tokens tokens, Consumer<TerminalSize> resizer, AgentProcess.Waiter waiter) {
    ByteChannel stdin = null;
    ByteChannel stdout = null;
    try {
      stdin = stream(agent, tokens.stdin());
      stdout = stream(agent, tokens.stdout());
      return new AgentProcess(stdin, stdout, stream(agent, tokens.stderr()), resizer, waiter);
    } catch (RuntimeException failure) {
      closeQuietly(stdin, failure);
      closeQuietly(stdout, failure);
      throw failure;
    }
  }

  private static @Nullable ByteChannel stream(GuestAgent agent, @Nullable StreamToken token) {
    return token == null ? null : agent.openStream(token);
  }

  private static void closeQuietly(@Nullable ByteChannel channel, RuntimeException failure) {
    if (channel != null) {
      try {
        channel.close();
      } catch (IOException error) {
        failure.addSuppressed(error);
      }
    }
  }

  private static void resize(
      GuestAgent agent, LocalContainer container, String exec, TerminalSize size) {
    agent.call(
        Request.newBuilder()
            .setResize(
                Resize.newBuilder()
                    .setContainer(container.id().value())
                    .setExec(exec)
                    .setColumns(size.columns())
                    .setRows(size.rows())),
        CONNECT_LIMIT);
  }

  private static ExitStatus await(CompletableFuture<Exited> exit) throws InterruptedException {
    try {
      Exited event = exit.get();
      if (event.getTimedOut()) {
        throw Failure.timedOut("command timed out and was killed");
      }
      return new ExitStatus(event.getCode() & 0xff, event.getOomKilled());
    } catch (ExecutionException error) {
      throw Failure.unavailable("the sandbox went away while the command ran", error);
    }
  }

  /** An exec's end; one that nobody waits for was started by an earlier daemon. */
  void exited(Exited event) {
    CompletableFuture<Exited> waiting = execs.remove(event.getExec());
    if (waiting != null) {
      waiting.complete(event);
    }
    sandbox.acknowledge(
        AcknowledgeExit.newBuilder()
            .setContainer(event.getContainer())
            .setExec(event.getExec())
            .build());
  }

  /** The world is gone: nobody waits for ever. */
  void lost() {
    Failure gone = Failure.unavailable("the sandbox is gone");
    execs.values().forEach(exit -> exit.completeExceptionally(gone));
    execs.clear();
  }
}
