package dev.beagle.image.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** WWW-Authenticate in its shapes. */
class ChallengeTest {
  @Test
  void bearerWithQuotedCommas() {
    assertThat(
            Challenge.parse(
                List.of("Bearer realm=\"https://a/t\",service=\"s\",scope=\"r:x:pull,push\"")))
        .containsExactly(
            new Challenge(
                "bearer",
                Map.of("realm", "https://a/t", "service", "s", "scope", "r:x:pull,push")));
  }

  @Test
  void severalChallengesInOneHeader() {
    assertThat(Challenge.parse(List.of("Negotiate, Basic realm=x, BEARER Realm=\"a\\\"b\"")))
        .containsExactly(
            new Challenge("negotiate", Map.of()),
            new Challenge("basic", Map.of("realm", "x")),
            new Challenge("bearer", Map.of("realm", "a\"b")));
  }

  @Test
  void nonsenseAndFloodsGiveNothingOrLittle() {
    assertThat(Challenge.parse(List.of("", ",,,", "=\"", "x".repeat(100_000)))).isEmpty();
    assertThat(Challenge.parse(List.of("\"".repeat(8000)))).isEmpty();
  }
}
