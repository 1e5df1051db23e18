package dev.beagle.node.selftest;

import dev.beagle.failure.Failure;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;

/**
 * What Surefire's and Failsafe's XML reports say, added up.
 *
 * @param passed tests that ran and held
 * @param failed tests that did not
 * @param skipped how many tests were skipped for each reason
 * @param classes full names of the classes that there is a report of
 */
record TestReports(
    int passed, List<Failed> failed, Map<String, Integer> skipped, Set<String> classes) {
  /**
   * A test that did not hold.
   *
   * @param name class and method
   * @param why the opening lines of what it said; empty when it said nothing
   * @param report the file with the rest, relative to the repository
   */
  record Failed(String name, String why, Path report) {}

  private static final int SHOWN_WHY = 300;

  private static final List<String> FOLDERS =
      List.of("target/surefire-reports", "target/failsafe-reports");

  public TestReports {
    failed = List.copyOf(failed);
    skipped = new TreeMap<>(skipped);
    classes = Set.copyOf(classes);
  }

  /** How many were skipped in all. */
  public int skippedCount() {
    return skipped.values().stream().mapToInt(Integer::intValue).sum();
  }

  /**
   * Reads the reports of all modules.
   *
   * @param repository the source tree
   * @param since older reports are of an earlier run and do not count
   */
  static TestReports read(Path repository, FileTime since) {
    Tally tally = new Tally(repository);
    try (Stream<Path> modules = Files.list(repository)) {
      for (Path module : modules.sorted().toList()) {
        for (String folder : FOLDERS) {
          readFolder(module.resolve(folder), since, tally);
        }
      }
    } catch (IOException error) {
      throw Failure.internal("test reports cannot be read: " + error.getMessage(), error);
    }
    return tally.sum();
  }

  private static void readFolder(Path folder, FileTime since, Tally tally) throws IOException {
    if (!Files.isDirectory(folder)) {
      return;
    }
    try (Stream<Path> reports = Files.list(folder)) {
      for (Path report : reports.sorted().toList()) {
        String name = report.getFileName().toString();
        if (name.startsWith("TEST-")
            && name.endsWith(".xml")
            && Files.getLastModifiedTime(report).compareTo(since) >= 0) {
          readReport(report, tally);
        }
      }
    }
  }

  private static void readReport(Path report, Tally tally) throws IOException {
    tally.report(report);
    XMLInputFactory factory = XMLInputFactory.newFactory();
    factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
    try (InputStream input = Files.newInputStream(report)) {
      XMLStreamReader reader = factory.createXMLStreamReader(input);
      while (reader.hasNext()) {
        int event = reader.next();
        if (event == XMLStreamConstants.START_ELEMENT) {
          tally.begin(reader);
        } else if (event == XMLStreamConstants.CHARACTERS || event == XMLStreamConstants.CDATA) {
          tally.text.append(reader.getText());
        } else if (event == XMLStreamConstants.END_ELEMENT) {
          tally.end(reader.getLocalName());
        }
      }
    } catch (XMLStreamException malformed) {
      tally.fail(report.getFileName().toString(), "report cut short: the test JVM died");
    }
  }

  private static final class Tally {
    private final Path repository;
    private final List<Failed> failed = new ArrayList<>();
    private final Map<String, Integer> skipped = new TreeMap<>();
    private final Set<String> classes = new HashSet<>();
    private Path report = Path.of("");
    private int passed;
    private String test = "";
    private String outcome = "";
    private final StringBuilder text = new StringBuilder();
    private String reason = "";

    private Tally(Path repository) {
      this.repository = repository;
    }

    private void report(Path file) {
      report = repository.relativize(file);
      classes.add(file.getFileName().toString().replaceAll("^TEST-|(\\$.*)?\\.xml$", ""));
    }

    private void fail(String name, String why) {
      failed.add(new Failed(name, why, report));
    }

    private void begin(XMLStreamReader element) {
      text.setLength(0);
      switch (element.getLocalName()) {
        case "testcase" -> {
          String type = text(element, "classname");
          test = type.substring(type.lastIndexOf('.') + 1) + "." + text(element, "name");
          outcome = "passed";
          reason = "";
        }
        case "failure", "error" -> {
          outcome = "failed";
          reason = opening(element);
        }
        case "skipped" -> {
          outcome = "skipped";
          reason = opening(element);
        }
        default -> {
          // output and properties
        }
      }
    }

    private void end(String element) {
      if (element.equals("skipped") && reason.isEmpty()) {
        reason = reasonInTrace(text.toString());
      }
      if (!element.equals("testcase")) {
        return;
      }
      switch (outcome) {
        case "passed" -> passed++;
        case "failed" -> fail(test, reason);
        default -> skipped.merge(reason, 1, Integer::sum);
      }
    }

    /**
     * AssertJ begins with an empty line, and Jackson's messages can have thousands of characters.
     */
    private static String opening(XMLStreamReader element) {
      String message =
          text(element, "message")
              .lines()
              .filter(line -> !line.isBlank())
              .limit(4)
              .map(String::strip)
              .collect(Collectors.joining(" "));
      String why = message.isEmpty() ? failureType(element) : message;
      return why.length() > SHOWN_WHY ? why.substring(0, SHOWN_WHY) + "..." : why;
    }

    private static String failureType(XMLStreamReader element) {
      return element.getLocalName().equals("skipped") ? "" : text(element, "type");
    }

    /** With whole stack traces asked for, Surefire gives a skip's reason nowhere but in one. */
    private static String reasonInTrace(String trace) {
      String reason =
          trace
              .lines()
              .takeWhile(line -> !line.startsWith("\tat "))
              .map(line -> line.replaceFirst("^[\\w.$]+(Exception|Error): ?", "").strip())
              .filter(line -> !line.isEmpty())
              .collect(Collectors.joining(" "));
      return reason.isEmpty() ? "no reason given" : reason;
    }

    private static String text(XMLStreamReader element, String attribute) {
      String value = element.getAttributeValue(null, attribute);
      return value == null ? "" : value;
    }

    private TestReports sum() {
      return new TestReports(passed, failed, skipped, classes);
    }
  }
}
