package dev.beagle.runtime.oci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.failure.Failure;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SignalsTest {
  @ParameterizedTest
  @CsvSource({
    "SIGTERM, 15",
    "term, 15",
    "9, 9",
    "SIGQUIT, 3",
    "WINCH, 28",
    "SIGRTMIN, 34",
    "SIGRTMIN+3, 37",
    "SIGRTMINPLUS3, 37",
    "RTMAX-2, 62",
    "SIGRTMAXMINUS2, 62",
    "SIGSYS, 31",
    "SIGPOLL, 29"
  })
  void namesAndNumbersAsImagesAndCriWriteThem(String name, int number) {
    assertThat(Signals.number(name)).isEqualTo(number);
  }

  @ParameterizedTest
  @ValueSource(strings = {"SIGNOPE", "0", "65", "RTMIN+99", "", "-1"})
  void whatIsNoSignalIsRefused(String name) {
    assertThatThrownBy(() -> Signals.number(name)).isInstanceOf(Failure.class);
  }
}
