package dev.beagle.node.selftest;

import dev.beagle.failure.Failure;
import dev.beagle.node.output.Console;
import dev.beagle.node.output.Units;
import dev.beagle.time.Time;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One run of a suite: Maven's output goes to a log, its progress to the console as a line per test
 * class, and the closing line is computed from the reports. Confined to one thread.
 */
public final class TestRun {
  private static final Pattern CLASS_DONE =
      Pattern.compile(
          "\\[(?:INFO|WARNING|ERROR)\\] +Tests run: (\\d+), Failures: (\\d+), Errors: (\\d+),"
              + " Skipped: (\\d+), Time elapsed: ([0-9.,]+) s.* -- in (\\S+)");
  private static final Pattern MODULE =
      Pattern.compile("\\[INFO\\] Building (\\S+) .*\\[\\d+/\\d+\\]");
  private static final int SHOWN_ERRORS = 20;

  private final Console console;
  private final Time time;
  private final Path repository;
  private final Path java;
  private String module = "";

  /**
   * @param repository the source tree
   * @param java the JDK's java executable that runs Maven
   */
  public TestRun(Console console, Time time, Path repository, Path java) {
    this.console = console;
    this.time = time;
    this.repository = repository;
    this.java = java;
  }

  /** Returns whether all was well. */
  public boolean run(Suite suite) throws InterruptedException {
    long begin = time.nanos();
    FileTime since = FileTime.from(time.now());
    Path log = repository.resolve(".build/test.log");
    List<String> errors = new ArrayList<>();
    int status = maven(suite, log, errors);
    TestReports reports = TestReports.read(repository, since);
    summarize(reports, status, errors, log, Duration.ofNanos(time.nanos() - begin));
    return status == 0 && reports.failed().isEmpty();
  }

  private int maven(Suite suite, Path log, List<String> errors) throws InterruptedException {
    List<String> command = new ArrayList<>(List.of("mvn", "-B", "-ntp"));
    command.addAll(suite.goals());
    // All modules run whatever fails in one; the reports know what failed.
    command.add("-Dmaven.test.failure.ignore=true");
    try {
      Files.createDirectories(log.getParent());
      ProcessBuilder builder =
          new ProcessBuilder(command).directory(repository.toFile()).redirectErrorStream(true);
      builder.redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
      builder.environment().put("JAVA_HOME", java.resolve("../..").normalize().toString());
      Process process = builder.start();
      try (BufferedReader output =
              new BufferedReader(
                  new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
          BufferedWriter copy = Files.newBufferedWriter(log)) {
        for (String line; (line = output.readLine()) != null; ) {
          copy.write(line);
          copy.newLine();
          follow(line, errors);
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

  private void follow(String line, List<String> errors) {
    Matcher building = MODULE.matcher(line);
    if (building.matches()) {
      module = building.group(1);
      return;
    }
    Matcher done = CLASS_DONE.matcher(line);
    if (done.matches()) {
      show(done);
    } else if (line.startsWith("[ERROR]") && errors.size() < SHOWN_ERRORS) {
      errors.add(line.substring("[ERROR]".length()).strip());
    }
  }

  private void show(Matcher done) {
    int bad = Integer.parseInt(done.group(2)) + Integer.parseInt(done.group(3));
    String type = done.group(6);
    String mark = bad > 0 ? console.bad("FAILED") : console.good("ok    ");
    String skipped = done.group(4).equals("0") ? "" : ", " + done.group(4) + " skipped";
    console.line(
        "%s %-15s %s: %s tests%s, %s s"
            .formatted(
                mark,
                module,
                type.substring(type.lastIndexOf('.') + 1),
                done.group(1),
                skipped,
                done.group(5)));
  }

  private void summarize(
      TestReports reports, int status, List<String> errors, Path log, Duration took) {
    if (!reports.skipped().isEmpty()) {
      console.line("");
      console.line("Skipped:");
      reports
          .skipped()
          .forEach((reason, count) -> console.line("  %3d  %s".formatted(count, reason)));
    }
    if (!reports.failed().isEmpty()) {
      console.line("");
      console.line(console.bad("Failed:"));
      reports.failed().forEach(test -> console.line("  " + test));
    }
    if (status != 0) {
      console.line("");
      console.line(console.bad("The build failed (mvn exit status " + status + "):"));
      errors.forEach(error -> console.line("  " + error));
    }
    boolean good = status == 0 && reports.failed().isEmpty();
    String totals =
        "%d passed, %d failed, %d skipped"
            .formatted(reports.passed(), reports.failed().size(), reports.skippedCount());
    console.line("");
    console.line("All Maven said: " + log + " (" + Units.seconds(took) + ")");
    console.line(good ? console.good(totals) : console.bad(totals));
  }
}
