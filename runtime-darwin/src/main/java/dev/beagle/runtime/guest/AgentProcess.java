package dev.beagle.runtime.guest;

import dev.beagle.runtime.stdio.ContainerProcess;
import dev.beagle.runtime.stdio.ExitStatus;
import dev.beagle.runtime.stdio.TerminalSize;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.ByteChannel;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A process in a world with its streams over the agent's connections. */
public final class AgentProcess implements ContainerProcess {
  private static final Logger LOG = LoggerFactory.getLogger(AgentProcess.class);

  private final @Nullable ByteChannel stdin;
  private final @Nullable ByteChannel stdout;
  private final @Nullable ByteChannel stderr;
  private final Consumer<TerminalSize> resizer;
  private final Waiter waiter;

  public AgentProcess(
      @Nullable ByteChannel stdin,
      @Nullable ByteChannel stdout,
      @Nullable ByteChannel stderr,
      Consumer<TerminalSize> resizer,
      Waiter waiter) {
    this.stdin = stdin;
    this.stdout = stdout;
    this.stderr = stderr;
    this.resizer = resizer;
    this.waiter = waiter;
  }

  @Override
  public Optional<OutputStream> stdin() {
    return Optional.ofNullable(stdin).map(HalfClosing::new);
  }

  @Override
  public Optional<InputStream> stdout() {
    return Optional.ofNullable(stdout).map(Channels::newInputStream);
  }

  @Override
  public Optional<InputStream> stderr() {
    return Optional.ofNullable(stderr).map(Channels::newInputStream);
  }

  @Override
  public void resize(TerminalSize size) {
    resizer.accept(size);
  }

  @Override
  public ExitStatus await() throws InterruptedException {
    return waiter.await();
  }

  @Override
  public void close() {
    for (ByteChannel channel : new @Nullable ByteChannel[] {stdin, stdout, stderr}) {
      if (channel != null) {
        try {
          channel.close();
        } catch (IOException error) {
          LOG.debug("closing a stream", error);
        }
      }
    }
  }

  /** Waits for the end of a process. */
  @FunctionalInterface
  public interface Waiter {
    ExitStatus await() throws InterruptedException;
  }

  /** Closing it is the end of input, not of the connection. */
  private static final class HalfClosing extends OutputStream {
    private final ByteChannel channel;
    private final OutputStream out;

    HalfClosing(ByteChannel channel) {
      this.channel = channel;
      this.out = Channels.newOutputStream(channel);
    }

    @Override
    public void write(int value) throws IOException {
      out.write(value);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      out.write(bytes, offset, length);
    }

    @Override
    public void close() throws IOException {
      if (channel instanceof SocketChannel socket && socket.isConnected()) {
        socket.shutdownOutput();
      } else {
        channel.close();
      }
    }
  }
}
