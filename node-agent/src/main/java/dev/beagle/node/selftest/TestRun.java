package dev.beagle.node.selftest;

import dev.beagle.failure.Failure;
import dev.beagle.node.config.Host;
import dev.beagle.node.output.Console;
import dev.beagle.time.Time;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

/**
 * One run of a suite: Maven's output goes to a log, its progress to the console as a line per test
 * class, and the closing line is computed from the reports. Confined to one thread, but for {@link
 * #interrupt}.
 */
public final class TestRun {
  private final Console console;
  private final Time time;
  private final Host host;
  private final Path repository;
  private final Path java;
  private final TestProcess maven;
  private final CountDownLatch over = new CountDownLatch(1);
  private volatile boolean interrupted;

  /**
   * @param host for its temporary folder and its environment
   * @param repository the source tree
   * @param java the JDK's java executable that runs Maven
   */
  public TestRun(Console console, Time time, Host host, Path repository, Path java) {
    this.console = console;
    this.time = time;
    this.host = host;
    this.repository = repository;
    this.java = java;
    this.maven = new TestProcess(time);
  }

  /**
   * Returns whether all was well.
   *
   * @throws Failure WRONG_STATE where tests run in this tree already, DENIED where it cannot be
   *     written
   */
  public boolean run(Suite suite) throws InterruptedException {
    try {
      return run(suite, requireWritable());
    } finally {
      over.countDown();
    }
  }

  private boolean run(Suite suite, Path build) throws InterruptedException {
    try (FileChannel lock =
        FileChannel.open(
            build.resolve("test.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      FileLock held = lock.tryLock();
      if (held == null) {
        throw Failure.wrongState(
            "tests run in this tree already, and both would write to the same target folders:"
                + " wait for them, or run these in another clone");
      }
      return runAlone(suite, build.resolve("test.log"));
    } catch (IOException error) {
      throw Failure.internal("the tests cannot be run: " + error.getMessage(), error);
    }
  }

  /**
   * Ends the tests. Returns when none runs any more and {@link #run} has cleaned up and summed up.
   */
  public void interrupt() throws InterruptedException {
    interrupted = true;
    maven.end();
    over.await();
  }

  private boolean runAlone(Suite suite, Path log) throws InterruptedException {
    long begin = time.nanos();
    FileTime since = FileTime.from(time.now());
    TestOutput output = new TestOutput(console);
    int status;
    try (Scratch scratch = Scratch.in(host.temporary())) {
      status =
          maven.run(command(suite, scratch), repository, environment(scratch), log, output::follow);
      if (interrupted) {
        maven.end(); // what Maven left: its folders are removed next
      }
    }
    TestReports reports = TestReports.read(repository, since);
    TestSummary summary =
        new TestSummary(
            reports, notRun(suite, reports), status, output.errors(), repository, interrupted);
    summary.show(console, log, Duration.ofNanos(time.nanos() - begin));
    return summary.good();
  }

  private List<String> notRun(Suite suite, TestReports reports) {
    List<String> missing = new ArrayList<>(ExpectedClasses.of(repository, suite));
    missing.removeAll(reports.classes());
    return missing;
  }

  private List<String> command(Suite suite, Scratch scratch) {
    List<String> command = new ArrayList<>(List.of("mvn", "-B", "-ntp"));
    command.addAll(suite.goals());
    // All modules run whatever fails in one; the reports know what failed.
    command.add("-Dmaven.test.failure.ignore=true");
    command.add("-Dbeagle.test.tmp=" + scratch.folder());
    String localRepository = host.environment().getOrDefault("BEAGLE_MAVEN_REPOSITORY", "");
    if (!localRepository.isEmpty()) {
      command.add("-Dmaven.repo.local=" + localRepository);
    }
    return command;
  }

  private Map<String, String> environment(Scratch scratch) {
    Map<String, String> environment = new HashMap<>();
    environment.put("JAVA_HOME", java.resolve("../..").normalize().toString());
    environment.put("TMPDIR", scratch.folder().toString());
    return environment;
  }

  private Path requireWritable() {
    Path build = repository.resolve(".build");
    List<Path> written = new ArrayList<>(List.of(repository, build));
    for (String module : Suite.MODULES) {
      written.add(repository.resolve(module).resolve("target"));
    }
    for (Path folder : written) {
      if (Files.exists(folder) && !Files.isWritable(folder)) {
        throw Failure.denied(
            "%s is not writable for %s: run the tests as its owner, or in a clone of your own"
                .formatted(folder, host.user()));
      }
    }
    return build;
  }
}
