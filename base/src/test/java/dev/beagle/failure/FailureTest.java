package dev.beagle.failure;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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

  @ParameterizedTest
  @ValueSource(ints = {0x0A, 0x0D, 0x09, 0x1B, 0x7F, 0x85, 0x2028, 0x2029, 0x202E, 0x2066, 0x200F})
  void whateverGoesIntoAMessageItIsOneLineThatCommandsNothing(int point) {
    String text = "a" + Character.toString(point) + "b";
    assertThat(Failure.corrupted("media type " + text).reason()).isEqualTo("media type a?b");
    assertThat(Failure.unavailable(text).with(new FailureDetail.HeldBy("x")).reason())
        .isEqualTo("a?b");
  }

  @Test
  void theWordsOfOthersStay() {
    String text = "gr\u00fc\u00dfe, \u4f60\u597d, \uD83D\uDC68\u200D\uD83D\uDC69, \u0634";
    assertThat(Failure.printable(text)).isSameAs(text);
  }
}
