package dev.beagle.node.selftest;

import dev.beagle.failure.Failure;
import dev.beagle.time.Deadline;
import dev.beagle.time.Time;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Maven with the test JVMs below it, which can be ended in the middle. Followed by one thread,
 * ended by any.
 */
final class TestProcess {
  /** How long tests may take to end in order: a node with pods has to stop them. */
  private static final Duration GRACE = Duration.ofSeconds(20);

  private static final Duration PAUSE = Duration.ofMillis(50);

  private final Time time;
  private @Nullable Process maven;

  TestProcess(Time time) {
    this.time = time;
  }

  /**
   * Runs it to its end.
   *
   * @param environment what is added to ours
   * @param log gets all that it says
   * @param reader gets each line
   * @return the exit status
   */
  int run(
      List<String> command,
      Path folder,
      Map<String, String> environment,
      Path log,
      Consumer<String> reader)
      throws InterruptedException {
    try {
      ProcessBuilder builder =
          new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true);
      builder.redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
      builder.environment().putAll(environment);
      Process process = builder.start();
      synchronized (this) {
        maven = process;
      }
      try (BufferedReader output =
              new BufferedReader(
                  new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
          BufferedWriter copy = Files.newBufferedWriter(log)) {
        for (String line; (line = output.readLine()) != null; ) {
          copy.write(line);
          copy.newLine();
          copy.flush();
          reader.accept(line);
        }
      } finally {
        if (process.isAlive()) {
          process.destroy();
        }
      }
      return process.waitFor();
    } catch (IOException error) {
      throw Failure.unavailable("Maven cannot be run: " + error.getMessage(), error);
    }
  }

  /**
   * Ends it and everything below it: asks first, then forces. Returns when nothing runs any more.
   */
  void end() throws InterruptedException {
    Process process;
    synchronized (this) {
      process = maven;
    }
    if (process == null) {
      return;
    }
    // Whose parent ends first is nobody's child then, so they are all noted before.
    List<ProcessHandle> all = new ArrayList<>(process.descendants().toList());
    all.add(process.toHandle());
    all.forEach(ProcessHandle::destroy);
    awaitEnd(all);
    List<ProcessHandle> rest =
        all.stream()
            .filter(ProcessHandle::isAlive)
            .flatMap(left -> Stream.concat(left.descendants(), Stream.of(left)))
            .toList();
    rest.forEach(ProcessHandle::destroyForcibly);
    awaitEnd(rest);
  }

  private void awaitEnd(List<ProcessHandle> processes) throws InterruptedException {
    Deadline deadline = Deadline.after(time, GRACE);
    while (processes.stream().anyMatch(ProcessHandle::isAlive) && !deadline.passed()) {
      time.sleep(PAUSE);
    }
  }
}
