package dev.beagle.node.selftest;

import dev.beagle.node.output.Console;
import dev.beagle.node.output.Units;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * What a run came to.
 *
 * @param notRun test classes that were compiled but have no report
 * @param status Maven's exit status
 * @param errors what Maven called an error
 * @param interrupted whether it was ended in the middle
 */
record TestSummary(
    TestReports reports,
    List<String> notRun,
    int status,
    List<String> errors,
    Path repository,
    boolean interrupted) {

  boolean good() {
    return status == 0 && reports.failed().isEmpty() && notRun.isEmpty() && !interrupted;
  }

  /** Shows it; the last line is the sum. */
  void show(Console console, Path log, Duration took) {
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
      reports.failed().forEach(test -> showFailed(console, test));
    }
    if (!interrupted) {
      showNotRun(console);
    }
    console.line("");
    console.line("All Maven said: " + log + " (" + Units.seconds(took) + ")");
    console.line(good() ? console.good(totals()) : console.bad(totals()));
  }

  private void showFailed(Console console, TestReports.Failed test) {
    console.line("  " + test.name());
    if (!test.why().isEmpty()) {
      console.line("      " + test.why());
    }
    console.line("      " + repository.resolve(test.report()));
  }

  private void showNotRun(Console console) {
    if (status != 0) {
      console.line("");
      console.line(console.bad("The build failed (mvn exit status " + status + "):"));
      errors.forEach(error -> console.line("  " + error));
    }
    if (!notRun.isEmpty()) {
      console.line("");
      console.line(console.bad("Not run, though compiled (the test JVM ended, or the build did):"));
      notRun.forEach(type -> console.line("  " + type));
      if (status == 0) {
        errors.forEach(error -> console.line("  " + error));
      }
    }
  }

  private String totals() {
    String counts =
        "%d passed, %d failed, %d skipped"
            .formatted(reports.passed(), reports.failed().size(), reports.skippedCount());
    if (interrupted) {
      return "interrupted: " + counts + " so far";
    }
    String classes = notRun.isEmpty() ? "" : ", %d test classes not run".formatted(notRun.size());
    return counts + classes + (status == 0 ? "" : ", the build failed");
  }
}
