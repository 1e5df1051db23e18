package dev.beagle.node.selftest;

import dev.beagle.node.output.Console;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads along what Maven says and shows a line per test class. Confined to one thread. */
final class TestOutput {
  private static final Pattern CLASS_DONE =
      Pattern.compile(
          "\\[(?:INFO|WARNING|ERROR)\\] +Tests run: (\\d+), Failures: (\\d+), Errors: (\\d+),"
              + " Skipped: (\\d+), Time elapsed: ([0-9.,]+) s.* -- in (\\S+)");
  private static final Pattern MODULE =
      Pattern.compile("\\[INFO\\] Building (\\S+) .*\\[\\d+/\\d+\\]");
  private static final int SHOWN_ERRORS = 20;

  private final Console console;
  private final List<String> errors = new ArrayList<>();
  private String module = "";

  TestOutput(Console console) {
    this.console = console;
  }

  /** The first errors that Maven named. */
  List<String> errors() {
    return List.copyOf(errors);
  }

  void follow(String line) {
    Matcher building = MODULE.matcher(line);
    if (building.matches()) {
      module = building.group(1);
      return;
    }
    Matcher done = CLASS_DONE.matcher(line);
    if (done.matches()) {
      show(done);
    } else if (line.startsWith("e2e: ")) { // prepare.sh: what it makes takes minutes the first time
      console.line("       " + line);
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
}
