package dev.beagle.node.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.failure.FailureKind;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ExitCodesTest {
  @ParameterizedTest
  @CsvSource({
    "INTERNAL,1",
    "INVALID_ARGUMENT,2",
    "NOT_FOUND,3",
    "ALREADY_EXISTS,4",
    "WRONG_STATE,4",
    "EXHAUSTED,5",
    "DENIED,6",
    "UNAUTHENTICATED,6",
    "UNAVAILABLE,7",
    "TIMED_OUT,7",
    "UNSUPPORTED,8",
    "CORRUPTED,9",
    "CANCELLED,130"
  })
  void aKindHasItsStatus(FailureKind kind, int status) {
    assertThat(ExitCodes.of(kind)).isEqualTo(status);
  }

  /** 0 is success, 125 to 127 are {@code run}'s own, 128 and above a signal's but for Ctrl-C. */
  @ParameterizedTest
  @EnumSource(FailureKind.class)
  void everyKindHasAStatusOfAFailure(FailureKind kind) {
    assertThat(ExitCodes.of(kind))
        .satisfiesAnyOf(
            status -> assertThat(status).isBetween(1, 124),
            status -> assertThat(status).isEqualTo(130));
  }
}
