package dev.beagle.failure;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class FailureTest {
  @Test
  void aShortTextIsShownAsItIs() {
    assertThat(Failure.shown("/a/b")).isEqualTo("/a/b");
    assertThat(Failure.shown("x".repeat(1024))).hasSize(1024);
  }

  @Test
  void aLongTextKeepsItsEndsAndFitsIntoOneKibibyteWhereverCharactersAreCut() {
    for (int shift = 0; shift < 4; shift++) {
      String path = "/" + "x".repeat(shift) + "\uD83E\uDD85".repeat(4096) + ": File name too long";
      String shown = Failure.shown(path);

      assertThat(shown).startsWith("/").contains("...").endsWith(": File name too long");
      assertThat(shown.getBytes(StandardCharsets.UTF_8)).hasSizeLessThanOrEqualTo(1024);
    }
  }
}
