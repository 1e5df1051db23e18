package dev.beagle.node.cli;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureDetail;
import dev.beagle.node.client.SpdyConnection;
import dev.beagle.node.client.SpdyStream;
import dev.beagle.node.output.Console;
import dev.beagle.time.Time;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Our end of a process's streams (remote command protocol v4): passes the three streams, tells the
 * size of our terminal, and reads the exit status from the error stream.
 */
final class RemoteCommand {
  private static final int MAX_STATUS_BYTES = 1 << 16;

  /** What servers write before the reason, for kubectl. */
  private static final String OURS =
      "^(Internal error occurred: )?(error executing command in container: )?";

  private static final Duration SIZE_CHECK = Duration.ofMillis(500);

  private final Console console;
  private final Time time;
  private final InputStream standardInput;

  RemoteCommand(Console console, Time time, InputStream standardInput) {
    this.console = console;
    this.time = time;
    this.standardInput = standardInput;
  }

  /** Returns the command's exit status. */
  int run(URI url, boolean tty, boolean interactive) throws InterruptedException {
    try (RawTerminal terminal = RawTerminal.enter(tty);
        SpdyConnection connection = SpdyConnection.open(url, SpdyConnection.REMOTE_COMMAND)) {
      SpdyStream error = connection.stream(Map.of("streamtype", "error"));
      Optional<SpdyStream> stdin = stream(connection, "stdin", interactive);
      SpdyStream stdout = connection.stream(Map.of("streamtype", "stdout"));
      Optional<SpdyStream> stderr = stream(connection, "stderr", !tty);
      Optional<SpdyStream> resize = stream(connection, "resize", tty);
      // Only now: the server takes nothing until all are there, and much input would hold up the
      // opening of those behind it.
      List<Thread> outputs = new ArrayList<>();
      List<Thread> others = new ArrayList<>();
      outputs.add(Thread.ofVirtual().start(() -> show(stdout.input(), console.out())));
      stderr.ifPresent(
          from -> outputs.add(Thread.ofVirtual().start(() -> show(from.input(), console.err()))));
      // A platform thread, because reading standard input may block its carrier for ever.
      stdin.ifPresent(
          to -> others.add(Thread.ofPlatform().daemon().start(() -> copyInput(to.output()))));
      resize.ifPresent(
          to -> others.add(Thread.ofVirtual().start(() -> tellSizes(terminal, to.output()))));
      int status = status(error.input().readNBytes(MAX_STATUS_BYTES));
      for (Thread output : outputs) {
        output.join();
      }
      others.forEach(Thread::interrupt);
      return status;
    } catch (IOException lost) {
      throw Failure.unavailable("the connection to its streams ended: " + lost.getMessage(), lost);
    }
  }

  private static Optional<SpdyStream> stream(
      SpdyConnection connection, String type, boolean wanted) {
    return wanted ? Optional.of(connection.stream(Map.of("streamtype", type))) : Optional.empty();
  }

  private void copyInput(OutputStream stdin) {
    copy(standardInput, stdin);
    try {
      stdin.close();
    } catch (IOException gone) {
      // the command ended first
    }
  }

  /** What cannot be shown is thrown away: unread bytes would hold up the exit status too. */
  private static void show(InputStream from, OutputStream to) {
    copy(from, to);
    try {
      from.close();
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
  }

  private static void copy(InputStream from, OutputStream to) {
    byte[] buffer = new byte[1 << 14];
    try {
      for (int count; (count = from.read(buffer)) >= 0; ) {
        to.write(buffer, 0, count);
        to.flush();
      }
    } catch (IOException ended) {
      // either side is gone; the status says how the command ended
    }
  }

  private void tellSizes(RawTerminal terminal, OutputStream resize) {
    Optional<Stty.Size> told = Optional.empty();
    try {
      while (true) {
        Optional<Stty.Size> size = terminal.size();
        if (size.isPresent() && !size.equals(told)) {
          resize.write(message(size.get()).getBytes(StandardCharsets.US_ASCII));
          told = size;
        }
        time.sleep(SIZE_CHECK);
      }
    } catch (IOException | InterruptedException ended) {
      // the command ended
    }
  }

  private static String message(Stty.Size size) {
    return "{\"Width\":%d,\"Height\":%d}\n".formatted(size.columns(), size.rows());
  }

  static int status(byte[] json) {
    try {
      JsonNode status = JsonMapper.shared().readTree(json);
      if (status.path("status").asString("").equals("Success")) {
        return ExitCodes.OK;
      }
      Failure failure =
          Failure.internal(
              status.path("message").asString("failed without saying why").replaceFirst(OURS, ""));
      for (JsonNode cause : status.path("details").path("causes")) {
        String message = cause.path("message").asString("");
        switch (cause.path("reason").asString("")) {
          case "ExitCode" -> {
            return Integer.parseInt(message);
          }
          case "ProgramMissing" ->
              failure = failure.with(new FailureDetail.ProgramMissing(message));
          case "ProgramNotExecutable" ->
              failure = failure.with(new FailureDetail.ProgramNotExecutable());
          default -> {
            // What is for people stands in the whole message too.
          }
        }
      }
      throw failure;
    } catch (JacksonException | NumberFormatException malformed) {
      throw Failure.corrupted("the exit status cannot be read", malformed);
    }
  }
}
