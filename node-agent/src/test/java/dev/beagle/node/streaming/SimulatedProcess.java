package dev.beagle.node.streaming;

import dev.beagle.runtime.stdio.ContainerProcess;
import dev.beagle.runtime.stdio.ExitStatus;
import dev.beagle.runtime.stdio.TerminalSize;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.channels.Pipe;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;

/** A container's process as a piece of Java on the other end of three pipes. */
final class SimulatedProcess implements ContainerProcess {
  private final StreamOptions options;
  private final Ends stdin;
  private final Ends stdout;
  private final Ends stderr;
  private final BlockingQueue<TerminalSize> sizes = new LinkedBlockingQueue<>();
  private final CompletableFuture<Integer> exit = new CompletableFuture<>();
  private final CountDownLatch closed = new CountDownLatch(1);

  SimulatedProcess(StreamOptions options, Program program) {
    this.options = options;
    this.stdin = Ends.open();
    this.stdout = Ends.open();
    this.stderr = Ends.open();
    Thread.ofVirtual().start(() -> run(program));
  }

  private void run(Program program) {
    try (stdin.source;
        stdout.sink;
        stderr.sink) {
      exit.complete(
          program.run(
              new Streams(
                  Channels.newInputStream(stdin.source),
                  Channels.newOutputStream(stdout.sink),
                  Channels.newOutputStream(stderr.sink),
                  sizes)));
    } catch (Exception failed) {
      exit.completeExceptionally(failed);
    }
  }

  @Override
  public Optional<OutputStream> stdin() {
    return options.stdin() ? Optional.of(Channels.newOutputStream(stdin.sink)) : Optional.empty();
  }

  @Override
  public Optional<InputStream> stdout() {
    return options.stdout()
        ? Optional.of(Channels.newInputStream(stdout.source))
        : Optional.empty();
  }

  @Override
  public Optional<InputStream> stderr() {
    return options.stderr()
        ? Optional.of(Channels.newInputStream(stderr.source))
        : Optional.empty();
  }

  @Override
  public void resize(TerminalSize size) {
    sizes.add(size);
  }

  @Override
  public ExitStatus await() throws InterruptedException {
    try {
      return new ExitStatus(exit.get(), false);
    } catch (ExecutionException failed) {
      throw failed.getCause() instanceof RuntimeException unchecked
          ? unchecked
          : new IllegalStateException(failed.getCause());
    }
  }

  @Override
  public void close() {
    closed.countDown();
    try {
      stdin.sink.close();
      stdout.source.close();
      stderr.source.close();
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  CountDownLatch closed() {
    return closed;
  }

  CompletableFuture<Integer> exit() {
    return exit;
  }

  /** What the process does; the result is its exit code. */
  interface Program {
    int run(Streams streams) throws Exception;
  }

  record Streams(
      InputStream in, OutputStream out, OutputStream err, BlockingQueue<TerminalSize> sizes) {}

  private record Ends(Pipe.SourceChannel source, Pipe.SinkChannel sink) {
    static Ends open() {
      try {
        Pipe pipe = Pipe.open();
        return new Ends(pipe.source(), pipe.sink());
      } catch (IOException failed) {
        throw new UncheckedIOException(failed);
      }
    }
  }
}
