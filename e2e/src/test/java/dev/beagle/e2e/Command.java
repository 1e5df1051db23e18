package dev.beagle.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Runs programs: to their end within a limit, or beside the test. Output goes through files, so no
 * pipe can fill.
 */
final class Command {
  /** Nothing that a test calls takes longer on a healthy node. */
  static final Duration LIMIT = Duration.ofSeconds(60);

  private Command() {}

  /** What a program left: {@code exit} is -1 if it ran into the limit and was killed. */
  record Result(List<String> command, int exit, String out, String err) {
    /** Its standard output without the last line feed; fails the test if the program failed. */
    String ok() {
      assertThat(exit).as("exit of %s%nout: %s%nerr: %s", command, out, err).isZero();
      return out.stripTrailing();
    }

    /** Fails the test if the program did not fail; returns what it said on standard error. */
    String failure() {
      assertThat(exit).as("exit of %s%nout: %s%nerr: %s", command, out, err).isNotZero();
      return err;
    }
  }

  static Result run(List<String> command) {
    return run(command, LIMIT, "");
  }

  static Result run(List<String> command, Duration limit, String input) {
    try (Running running = start(command, input)) {
      return running.result(limit);
    }
  }

  static Running start(List<String> command, String input) {
    try {
      Path folder = Files.createTempDirectory("e2e-command-");
      Path in = Files.writeString(folder.resolve("in"), input);
      ProcessBuilder builder =
          new ProcessBuilder(command)
              .redirectInput(in.toFile())
              .redirectOutput(folder.resolve("out").toFile())
              .redirectError(folder.resolve("err").toFile());
      return new Running(command, builder.start(), folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A program beside the test; closing kills it. */
  record Running(List<String> command, Process process, Path folder) implements AutoCloseable {
    String out() {
      return read("out");
    }

    Result result(Duration limit) {
      boolean ended;
      try {
        ended = process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new AssertionError("interrupted while waiting for " + command, e);
      }
      if (!ended) {
        process.destroyForcibly().onExit().join();
      }
      return new Result(command, ended ? process.exitValue() : -1, read("out"), read("err"));
    }

    private String read(String name) {
      try {
        return new String(Files.readAllBytes(folder.resolve(name)), StandardCharsets.UTF_8);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public void close() {
      process.destroyForcibly().onExit().join();
      Folders.delete(folder);
    }
  }
}
