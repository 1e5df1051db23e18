package dev.beagle.runtime.launch;

import dev.beagle.runtime.machine.ConsoleOutput;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * A guest's console in a file, whole lines at a time, which end in LF where the guest's end in CR
 * LF. It takes at most twice {@link #LIMIT_BYTES}: a full file becomes the previous one. When the
 * disk does not take it, it is lost: a guest does not stop for that. Guarded by itself.
 */
final class ConsoleLog implements ConsoleOutput {
  static final long LIMIT_BYTES = 1 << 20;
  private static final int LONGEST_LINE = 1024;

  private final Path file;
  private final Path previous;
  private final ByteArrayOutputStream line = new ByteArrayOutputStream();
  private long written;
  private boolean afterReturn;

  /** Begins anew, beside what an earlier machine of the folder left. */
  ConsoleLog(MachineFolder folder) throws IOException {
    file = folder.console();
    previous = folder.previousConsole();
    if (Files.exists(file)) {
      Files.move(file, previous, StandardCopyOption.REPLACE_EXISTING);
    }
    Files.createFile(file);
  }

  @Override
  public synchronized void accept(byte character) {
    if (afterReturn && character != '\n') {
      line.write('\r'); // on a line of its own it is the guest's to use
    }
    afterReturn = character == '\r';
    if (!afterReturn) {
      line.write(character);
    }
    if (character == '\n' || line.size() >= LONGEST_LINE) {
      flush();
    }
  }

  /** A line of ours among the guest's. */
  synchronized void note(String text) {
    if (line.size() > 0) {
      accept((byte) '\n');
    }
    line.writeBytes(("machine: " + text + "\n").getBytes(StandardCharsets.UTF_8));
    flush();
  }

  /** Also of a last line without an end. */
  synchronized void flush() {
    try {
      if (written + line.size() > LIMIT_BYTES) {
        Files.move(file, previous, StandardCopyOption.REPLACE_EXISTING);
        written = 0;
      }
      Files.write(file, line.toByteArray(), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
      written += line.size();
    } catch (IOException full) {
      // said above
    }
    line.reset();
  }
}
