package dev.beagle.node.cri;

import com.google.protobuf.ByteString;
import dev.beagle.failure.Failure;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One output of a command, read to its end by a virtual thread of its own. What goes beyond the
 * limit is read and dropped, so that the command is not held up. Made, awaited and closed by the
 * thread of the call.
 */
final class ExecOutput implements AutoCloseable {
  private static final int BUFFER_BYTES = 32 * 1024;

  private final InputStream stream;
  private final int limit;
  private final OutputBudget budget;
  private final ByteString.Output kept = ByteString.newOutput();
  private final Thread reader;
  private boolean closed;
  private @Nullable Failure failure;

  /**
   * Starts reading.
   *
   * @param limit bytes to keep
   */
  ExecOutput(String name, InputStream stream, int limit, OutputBudget budget) {
    this.stream = stream;
    this.limit = limit;
    this.budget = budget;
    this.reader = Thread.ofVirtual().name("exec-sync-" + name).start(this::readAll);
  }

  private void readAll() {
    byte[] buffer = new byte[BUFFER_BYTES];
    try {
      for (int count = stream.read(buffer); count >= 0; count = stream.read(buffer)) {
        keep(buffer, count);
      }
    } catch (IOException lost) {
      failed(Failure.unavailable("the output of the command was cut off", lost));
    } catch (Failure lost) {
      failed(lost);
    }
  }

  private synchronized void keep(byte[] buffer, int count) {
    int wanted = Math.min(count, limit - kept.size());
    if (closed || failure != null || wanted <= 0) {
      return;
    }
    if (budget.take(wanted)) {
      kept.write(buffer, 0, wanted);
    } else {
      failure =
          Failure.exhausted(
              "commands that run at the same time write too much at once; let them write less");
    }
  }

  private synchronized void failed(Failure lost) {
    if (failure == null) {
      failure = lost;
    }
  }

  /** Waits for the end of the output; false when it did not come in time. */
  boolean await(Duration patience) throws InterruptedException {
    return reader.join(patience);
  }

  void await() throws InterruptedException {
    reader.join();
  }

  /**
   * What was kept.
   *
   * @throws Failure when the output is not whole
   */
  synchronized ByteString bytes() {
    if (failure != null) {
      throw failure;
    }
    return kept.toByteString();
  }

  /** Lets go of what was kept. The reader ends with its stream. */
  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      budget.giveBack(kept.size());
    }
  }
}
