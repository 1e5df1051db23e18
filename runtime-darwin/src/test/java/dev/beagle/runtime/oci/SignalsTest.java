package dev.beagle.runtime.oci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.failure.Failure;
import java.util.Optional;
import org.junit.jupiter.api.Test;
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

  @Test
  void everyNumberLeadsBackFromItsNameButTheTwoOfTheCLibrary() {
    for (int number = -1; number <= 66; number++) {
      boolean named = number >= 1 && number <= 64 && number != 32 && number != 33;
      assertThat(Signals.name(number).map(Signals::number))
          .as("signal %d", number)
          .isEqualTo(named ? Optional.of(number) : Optional.empty());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"SIGNOPE", "0", "65", "RTMIN+99", "", "-1"})
  void whatIsNoSignalIsRefused(String name) {
    assertThatThrownBy(() -> Signals.number(name)).isInstanceOf(Failure.class);
  }
}
