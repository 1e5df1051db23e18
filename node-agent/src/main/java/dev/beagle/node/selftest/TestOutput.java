package dev.beagle.node.selftest;

import dev.beagle.node.output.Console;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads along what Maven says and shows a line per test class, and below it what failed and why, so
 * that output that is cut off later has told it. Confined to one thread.
 */
final class TestOutput {
  private static final Pattern CLASS_DONE =
      Pattern.compile(
          "\\[(?:INFO|WARNING|ERROR)\\] +Tests run: (\\d+), Failures: (\\d+), Errors: (\\d+),"
              + " Skipped: (\\d+), Time elapsed: ([0-9.,]+) s.* -- in (\\S+)");
  private static final Pattern MODULE =
      Pattern.compile("\\[INFO\\] Building (\\S+) .*\\[\\d+/\\d+\\]");
  private static final Pattern TEST_FAILED =
      Pattern.compile(
          "\\[ERROR\\] (?:[a-z][\\w]*\\.)*(.+) -- Time elapsed: [0-9.,]+ s <<< (?:FAILURE|ERROR)!");
  private static final Pattern MAVENS_OWN = Pattern.compile("\\[(?:INFO|WARNING|ERROR)\\]");
  private static final int SHOWN_ERRORS = 20;
  private static final int SHOWN_WHY_LINES = 6;
  private static final int SHOWN_WHY_LENGTH = 200;

  private final Console console;
  private final List<String> errors = new ArrayList<>();
  private String module = "";

  /** How many more lines tell why the last test failed. */
  private int whyLines;

  TestOutput(Console console) {
    this.console = console;
  }

  /** The first errors that Maven named. */
  List<String> errors() {
    return List.copyOf(errors);
  }

  void follow(String line) {
    if (whyLines > 0 && followWhy(line)) {
      return;
    }
    Matcher building = MODULE.matcher(line);
    if (building.matches()) {
      module = building.group(1);
      return;
    }
    Matcher done = CLASS_DONE.matcher(line);
    if (done.matches()) {
      show(done);
      return;
    }
    Matcher failed = TEST_FAILED.matcher(line);
    if (failed.matches()) {
      console.line("       " + failed.group(1));
      whyLines = SHOWN_WHY_LINES;
    } else if (line.startsWith("e2e: ")) { // prepare.sh: what it makes takes minutes the first time
      console.line("       " + line);
    } else if (line.startsWith("[ERROR]") && errors.size() < SHOWN_ERRORS) {
      errors.add(line.substring("[ERROR]".length()).strip());
    }
  }

  /** Shows a line of a failure; false when the line is no longer of it. */
  private boolean followWhy(String line) {
    if (MAVENS_OWN.matcher(line).lookingAt() || line.startsWith("\tat ")) {
      whyLines = 0;
      return false;
    }
    if (!line.isBlank()) {
      String text = line.strip();
      boolean whole = text.length() <= SHOWN_WHY_LENGTH;
      console.line("         " + (whole ? text : text.substring(0, SHOWN_WHY_LENGTH) + "..."));
      whyLines--;
    }
    return true;
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
}
