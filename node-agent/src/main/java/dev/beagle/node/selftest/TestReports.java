package dev.beagle.node.selftest;

import dev.beagle.failure.Failure;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;

/**
 * What Surefire's and Failsafe's XML reports say, added up.
 *
 * @param passed tests that ran and held
 * @param failed names of tests that did not
 * @param skipped how many tests were skipped for each reason
 */
record TestReports(int passed, List<String> failed, Map<String, Integer> skipped) {
  private static final List<String> FOLDERS =
      List.of("target/surefire-reports", "target/failsafe-reports");

  public TestReports {
    failed = List.copyOf(failed);
    skipped = new TreeMap<>(skipped);
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
    Tally tally = new Tally();
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
    XMLInputFactory factory = XMLInputFactory.newFactory();
    factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
    try (InputStream input = Files.newInputStream(report)) {
      XMLStreamReader reader = factory.createXMLStreamReader(input);
      while (reader.hasNext()) {
        int event = reader.next();
        if (event == XMLStreamConstants.START_ELEMENT) {
          tally.begin(reader);
        } else if (event == XMLStreamConstants.END_ELEMENT) {
          tally.end(reader.getLocalName());
        }
      }
    } catch (XMLStreamException malformed) {
      tally.failed.add(report.getFileName() + " (report cut short: the test JVM died)");
    }
  }

  private static final class Tally {
    private final List<String> failed = new ArrayList<>();
    private final Map<String, Integer> skipped = new TreeMap<>();
    private int passed;
    private String test = "";
    private String outcome = "";
    private String reason = "";

    private void begin(XMLStreamReader element) {
      switch (element.getLocalName()) {
        case "testcase" -> {
          String type = text(element, "classname");
          test = type.substring(type.lastIndexOf('.') + 1) + "." + text(element, "name");
          outcome = "passed";
          reason = "";
        }
        case "failure", "error" -> outcome = "failed";
        case "skipped" -> {
          outcome = "skipped";
          reason = text(element, "message").lines().findFirst().orElse("no reason given");
        }
        default -> {
          // output and properties
        }
      }
    }

    private void end(String element) {
      if (!element.equals("testcase")) {
        return;
      }
      switch (outcome) {
        case "passed" -> passed++;
        case "failed" -> failed.add(test);
        default -> skipped.merge(reason, 1, Integer::sum);
      }
    }

    private static String text(XMLStreamReader element, String attribute) {
      String value = element.getAttributeValue(null, attribute);
      return value == null ? "" : value;
    }

    private TestReports sum() {
      return new TestReports(passed, failed, skipped);
    }
  }
}
