package dev.beagle.node.cri;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.beagle.failure.Failure;
import dev.beagle.runtime.pod.ExecSpec;
import dev.beagle.runtime.stdio.ContainerProcess;
import dev.beagle.runtime.stdio.ExitStatus;
import dev.beagle.runtime.stdio.TerminalSize;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Plays a few commands: {@code echo WORDS}, {@code fail CODE TEXT} (to stderr), {@code flood
 * OUT_BYTES ERR_BYTES}, {@code attach} (a container's own streams), {@code hang} (until its time
 * limit, or for ever), {@code daemonize} (ends while its output stays open). Thread-safe.
 */
final class SimulatedCommands {
  private final AtomicInteger open = new AtomicInteger();
  volatile Optional<TerminalSize> lastSize = Optional.empty();
  final CountDownLatch hanging = new CountDownLatch(1);

  /** Processes whose streams nobody let go of. */
  int open() {
    return open.get();
  }

  ContainerProcess start(ExecSpec spec) {
    List<String> words = spec.command();
    open.incrementAndGet();
    return switch (words.getFirst()) {
      case "echo" ->
          new Command(text(String.join(" ", words.subList(1, words.size()))), text(""), 0, false);
      case "fail" ->
          new Command(text(""), text(words.get(2)), Integer.parseInt(words.get(1)), false);
      case "flood" ->
          new Command(
              new Zeros(Long.parseLong(words.get(1))),
              new Zeros(Long.parseLong(words.get(2))),
              0,
              false);
      case "attach" -> new Command(text("from the start"), text(""), 0, false);
      case "hang" ->
          new Command(new Held(), new Held(), spec.timeLimit().isEmpty() ? -1 : -2, true);
      case "daemonize" -> new Command(new Held(), text(""), 0, false);
      default -> throw Failure.invalidArgument(words.getFirst() + ": no such command");
    };
  }

  private static InputStream text(String text) {
    return new ByteArrayInputStream(text.getBytes(UTF_8));
  }

  /** A running command; code -1 never ends, -2 is ended by its time limit. */
  private final class Command implements ContainerProcess {
    private final InputStream stdout;
    private final InputStream stderr;
    private final int code;
    private final boolean hangs;

    Command(InputStream stdout, InputStream stderr, int code, boolean hangs) {
      this.stdout = stdout;
      this.stderr = stderr;
      this.code = code;
      this.hangs = hangs;
    }

    @Override
    public Optional<OutputStream> stdin() {
      return Optional.empty();
    }

    @Override
    public Optional<InputStream> stdout() {
      return Optional.of(stdout);
    }

    @Override
    public Optional<InputStream> stderr() {
      return Optional.of(stderr);
    }

    @Override
    public void resize(TerminalSize size) {
      lastSize = Optional.of(size);
    }

    @Override
    public ExitStatus await() throws InterruptedException {
      if (hangs && code == -1) {
        hanging.countDown();
        new CountDownLatch(1).await();
      }
      if (hangs) {
        throw Failure.timedOut("command was killed at its time limit");
      }
      return new ExitStatus(code, false);
    }

    @Override
    public void close() {
      try (stdout;
          stderr) {
        open.decrementAndGet();
      } catch (IOException impossible) {
        throw new AssertionError(impossible);
      }
    }
  }

  /** A pipe that somebody keeps open: it ends when it is closed. */
  private static final class Held extends InputStream {
    private final CountDownLatch closed = new CountDownLatch(1);

    @Override
    public int read() throws IOException {
      try {
        closed.await();
        return -1;
      } catch (InterruptedException stop) {
        throw new IOException(stop);
      }
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
      return read();
    }

    @Override
    public void close() {
      closed.countDown();
    }
  }

  private static final class Zeros extends InputStream {
    private long left;

    Zeros(long left) {
      this.left = left;
    }

    @Override
    public int read() {
      return left-- > 0 ? 0 : -1;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) {
      int count = (int) Math.min(length, left);
      left -= count;
      return count == 0 ? -1 : count;
    }
  }
}
