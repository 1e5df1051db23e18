package dev.beagle.node.selftest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.failure.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TestReportsTest {
  private static final FileTime EVER = FileTime.from(Instant.EPOCH);

  @TempDir Path repository;

  private Path report(String module, String folder, String type, String cases) throws IOException {
    Path file =
        repository
            .resolve(module)
            .resolve("target")
            .resolve(folder)
            .resolve("TEST-" + type + ".xml");
    Files.createDirectories(file.getParent());
    return Files.writeString(
        file,
        "<?xml version=\"1.0\"?>\n<testsuite name=\"" + type + "\">" + cases + "</testsuite>");
  }

  @Test
  void reportsOfAllModulesAreAddedUp() throws IOException {
    report(
        "one",
        "surefire-reports",
        "a.FirstTest",
        """
        <testcase name="holds" classname="a.FirstTest"/>
        <testcase name="breaks" classname="a.FirstTest"><failure message="&#10;Expecting:&#10; one&#10;to be two">at</failure></testcase>
        <testcase name="dies" classname="a.FirstTest"><error message="no"/><system-out>x</system-out></testcase>
        """);
    report(
        "two",
        "failsafe-reports",
        "b.SecondIT",
        """
        <testcase name="waits" classname="b.SecondIT"><skipped message="needs root"/></testcase>
        <testcase name="rests" classname="b.SecondIT"><skipped message="needs root"/></testcase>
        <testcase name="naps" classname="b.SecondIT"><skipped/></testcase>
        <testcase name="dozes" classname="b.SecondIT"><skipped type="a.AbortedException"><![CDATA[a.AbortedException: Assumption failed: /bin/x is not installed
        \tat a.B.c(B.java:1)]]></skipped></testcase>
        """);

    TestReports reports = TestReports.read(repository, EVER);

    assertThat(reports.passed()).isEqualTo(1);
    Path first = Path.of("one/target/surefire-reports/TEST-a.FirstTest.xml");
    assertThat(reports.failed())
        .containsExactly(
            new TestReports.Failed("FirstTest.breaks", "Expecting: one to be two", first),
            new TestReports.Failed("FirstTest.dies", "no", first));
    assertThat(reports.classes()).containsExactlyInAnyOrder("a.FirstTest", "b.SecondIT");
    assertThat(reports.skipped())
        .isEqualTo(
            Map.of(
                "needs root",
                2,
                "no reason given",
                1,
                "Assumption failed: /bin/x is not installed",
                1));
    assertThat(reports.skippedCount()).isEqualTo(4);
  }

  @Test
  void reportsOfAnEarlierRunDoNotCount() throws IOException {
    Path old =
        report(
            "one",
            "surefire-reports",
            "a.OldTest",
            "<testcase name=\"x\" classname=\"a.OldTest\"/>");
    Files.setLastModifiedTime(old, FileTime.from(Instant.parse("2026-01-01T00:00:00Z")));

    TestReports reports =
        TestReports.read(repository, FileTime.from(Instant.parse("2026-01-01T00:00:01Z")));

    assertThat(reports.passed()).isZero();
  }

  @Test
  void aReportThatIsCutShortIsAFailure() throws IOException {
    Path file = report("one", "surefire-reports", "a.CutTest", "");
    Files.writeString(file, "<testsuite><testcase name=\"x\" classna");

    assertThat(TestReports.read(repository, EVER).failed())
        .singleElement()
        .asString()
        .contains("TEST-a.CutTest.xml");
  }

  @Test
  void suitesThatAreNotThereYetSaySo() {
    assertThatThrownBy(() -> Suite.named("fuzz"))
        .isInstanceOf(Failure.class)
        .hasMessageContaining("suite fuzz (parsers against hostile input) is not there yet");
    assertThatThrownBy(() -> Suite.named("typo"))
        .isInstanceOf(Failure.class)
        .hasMessageContaining("no suite typo; there are all, unit");
    assertThat(Suite.named("all")).isEqualTo(Suite.ALL);
  }
}
