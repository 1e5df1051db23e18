package dev.beagle.node.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.failure.FailureKind;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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
  void everyKindHasItsStatus(FailureKind kind, int status) {
    assertThat(ExitCodes.of(kind)).isEqualTo(status);
  }
}
