package dev.beagle.node.selftest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.node.output.Console;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TestOutputTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final TestOutput output =
      new TestOutput(Console.of(out, new PrintStream(out, true, StandardCharsets.UTF_8), Map.of()));

  private List<String> shown(String maven) {
    maven.lines().forEach(output::follow);
    return out.toString(StandardCharsets.UTF_8).lines().toList();
  }

  @Test
  void aClassIsALineAndWhatFailedInItIsToldBelow() {
    assertThat(
            shown(
                """
                [INFO] Building cni-darwin 0.1.0-SNAPSHOT                  [3/8]
                [INFO] Running a.b.FirstTest
                [INFO] Tests run: 2, Failures: 0, Errors: 0, Skipped: 1, Time elapsed: 0.5 s -- in a.b.FirstTest
                [ERROR] Tests run: 8, Failures: 1, Errors: 1, Skipped: 0, Time elapsed: 8.637 s <<< FAILURE! -- in a.b.SecondIT
                [ERROR] a.b.SecondIT.breaks(String, int)[1] -- Time elapsed: 0.816 s <<< FAILURE!
                java.lang.AssertionError:\s

                Expecting actual:
                  7
                to be in:
                  [55, 56]

                \tat a.b.SecondIT.breaks(SecondIT.java:188)
                \tat java.base/java.lang.reflect.Method.invoke(Method.java:565)

                [ERROR] a.b.SecondIT.dies -- Time elapsed: 0.1 s <<< ERROR!
                java.io.IOException: gone
                [INFO] Running a.b.ThirdTest
                """))
        .containsExactly(
            "ok     cni-darwin      FirstTest: 2 tests, 1 skipped, 0.5 s",
            "FAILED cni-darwin      SecondIT: 8 tests, 8.637 s",
            "       SecondIT.breaks(String, int)[1]",
            "         java.lang.AssertionError:",
            "         Expecting actual:",
            "         7",
            "         to be in:",
            "         [55, 56]",
            "       SecondIT.dies",
            "         java.io.IOException: gone");
  }

  @Test
  void aLongWhyIsCut() {
    String line = "x".repeat(1000);
    List<String> shown =
        shown("[ERROR] a.b.C.d -- Time elapsed: 0.1 s <<< ERROR!\n" + (line + "\n").repeat(30));
    assertThat(shown).hasSize(7).allMatch(each -> each.length() < 220);
  }
}
