package dev.beagle.node.output;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Remembers the first failure of a stream, for a {@link java.io.PrintStream} around it says only
 * that there was one. Thread-safe as far as the stream inside is.
 */
final class ResultStream extends FilterOutputStream {
  private volatile @Nullable IOException failure;

  ResultStream(OutputStream inner) {
    super(inner);
  }

  /** Whether writing failed because whoever read the other end of a pipe has enough (EPIPE). */
  boolean readerGone() {
    IOException first = failure;
    return first != null
        && String.valueOf(first.getMessage()).toLowerCase(Locale.ROOT).contains("broken pipe");
  }

  @Override
  public void write(int value) throws IOException {
    remembering(() -> out.write(value));
  }

  @Override
  public void write(byte[] bytes, int offset, int count) throws IOException {
    remembering(() -> out.write(bytes, offset, count));
  }

  @Override
  public void flush() throws IOException {
    remembering(out::flush);
  }

  private void remembering(Step step) throws IOException {
    try {
      step.run();
    } catch (IOException error) {
      if (failure == null) {
        failure = error;
      }
      throw error;
    }
  }

  private interface Step {
    void run() throws IOException;
  }
}
