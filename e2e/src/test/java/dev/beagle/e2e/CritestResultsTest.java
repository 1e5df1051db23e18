package dev.beagle.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

final class CritestResultsTest {
  private static final Map<String, String> BEFORE =
      Map.of("a | b", "passed", "c", "failed", "d", "passed", "e", "skipped");

  @Test
  void whatIsWrittenIsRead() {
    assertThat(CritestResults.read(CritestResults.write("CritestIT", "v1", BEFORE)))
        .isEqualTo(BEFORE);
  }

  @Test
  void onlyWhatPassedCanRegress() {
    Map<String, String> now = Map.of("a | b", "failed", "c", "failed", "e", "failed");
    assertThat(CritestResults.regressions(BEFORE, now))
        .containsExactlyInAnyOrder("a | b: failed", "d: absent");
    assertThat(CritestResults.regressions(BEFORE, BEFORE)).isEmpty();
  }
}
