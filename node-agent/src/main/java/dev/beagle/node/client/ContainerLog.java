package dev.beagle.node.client;

import dev.beagle.failure.Failure;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;

/**
 * Reads a container's log file ({@code TIME STREAM TAG CONTENT} lines, where tag P means that the
 * line goes on) and writes what the container wrote. Confined to one thread.
 */
public final class ContainerLog {
  private static final int BUFFER_BYTES = 1 << 16;

  private final Path file;
  private final OutputStream out;
  private final OutputStream err;
  private final boolean timestamps;
  private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
  private long position;
  private boolean lineBegins = true;

  /**
   * @param timestamps whether each line shows its time
   */
  public ContainerLog(Path file, OutputStream out, OutputStream err, boolean timestamps) {
    this.file = file;
    this.out = out;
    this.err = err;
    this.timestamps = timestamps;
  }

  /**
   * Writes all whole lines that were appended since the last call.
   *
   * @return whether there were any
   * @throws Failure CORRUPTED for a line that no log has, NOT_FOUND never: a file that is not there
   *     yet is empty
   */
  public boolean copy() {
    try (FileChannel channel = FileChannel.open(file)) {
      if (channel.size() < position) {
        position = 0; // rotated: the new file is read from its beginning
      }
      long before = position;
      copyLines(channel);
      out.flush();
      err.flush();
      return position > before;
    } catch (NoSuchFileException notYet) {
      return false;
    } catch (IOException error) {
      throw Failure.internal("log " + file + ": " + error.getMessage(), error);
    }
  }

  /** Skips all but the last lines of what is there now. */
  public void skipToLast(int lines) {
    Deque<Long> starts = new ArrayDeque<>();
    try (FileChannel channel = FileChannel.open(file)) {
      long at = 0;
      starts.add(0L);
      buffer.clear();
      for (int count; (count = channel.read(buffer, at)) > 0; buffer.clear()) {
        for (int index = 0; index < count; index++) {
          if (buffer.get(index) == '\n') {
            starts.add(at + index + 1);
            if (starts.size() > lines + 1) {
              starts.remove();
            }
          }
        }
        at += count;
      }
      position = lines == 0 ? at : starts.getFirst();
    } catch (NoSuchFileException notYet) {
      position = 0;
    } catch (IOException error) {
      throw Failure.internal("log " + file + ": " + error.getMessage(), error);
    }
  }

  private void copyLines(FileChannel channel) throws IOException {
    while (true) {
      buffer.clear();
      int count = channel.read(buffer, position);
      if (count <= 0) {
        return;
      }
      int start = 0;
      for (int index = 0; index < count; index++) {
        if (buffer.get(index) == '\n') {
          write(Arrays.copyOfRange(buffer.array(), start, index));
          start = index + 1;
        }
      }
      if (start == 0) {
        if (count == BUFFER_BYTES) {
          throw Failure.corrupted("log " + file + ": a line longer than " + BUFFER_BYTES);
        }
        return;
      }
      position += start;
    }
  }

  private void write(byte[] line) throws IOException {
    int timeEnd = indexOf(line, 0);
    int streamEnd = timeEnd < 0 ? -1 : indexOf(line, timeEnd + 1);
    int tagEnd = streamEnd < 0 ? -1 : indexOf(line, streamEnd + 1);
    if (tagEnd < 0) {
      throw Failure.corrupted("log " + file + ": not a CRI log line");
    }
    boolean toErr = line[streamEnd - 1] == 'r'; // stdout, stderr
    OutputStream target = toErr ? err : out;
    if (timestamps && lineBegins) {
      target.write(line, 0, timeEnd + 1);
    }
    target.write(line, tagEnd + 1, line.length - tagEnd - 1);
    lineBegins = line[streamEnd + 1] == 'F';
    if (lineBegins) {
      target.write("\n".getBytes(StandardCharsets.US_ASCII));
    }
  }

  private static int indexOf(byte[] line, int from) {
    for (int index = from; index < line.length; index++) {
      if (line[index] == ' ') {
        return index;
      }
    }
    return -1;
  }
}
