package dev.beagle.node.cri;

import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.cri.v1.Signal;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class CriSignalsTest {
  @Test
  void everySignalHasANameThatLeadsBackToIt() {
    List<Signal> named =
        Arrays.stream(Signal.values())
            .filter(
                signal -> signal != Signal.UNRECOGNIZED && signal != Signal.SIGNAL_RUNTIME_DEFAULT)
            .toList();

    assertThat(named)
        .hasSize(65)
        .allSatisfy(
            signal -> assertThat(CriSignals.ofName(CriSignals.name(signal))).isEqualTo(signal));
    assertThat(CriSignals.name(Signal.SIGNAL_RUNTIME_DEFAULT)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "1,SIGHUP",
    "6,SIGABRT",
    "9,SIGKILL",
    "15,SIGTERM",
    "29,SIGIO",
    "31,SIGSYS",
    "34,SIGRTMIN",
    "35,SIGRTMIN+1",
    "49,SIGRTMIN+15",
    "50,SIGRTMAX-14",
    "63,SIGRTMAX-1",
    "64,SIGRTMAX"
  })
  void numbersAreLinuxs(int number, String name) {
    assertThat(CriSignals.name(CriSignals.ofNumber(number))).isEqualTo(name);
  }

  @Test
  void everyNumberButTheTwoOfTheCLibraryHasASignal() {
    for (int number = 1; number <= 64; number++) {
      assertThat(CriSignals.ofNumber(number) == Signal.SIGNAL_RUNTIME_DEFAULT)
          .as("signal %d", number)
          .isEqualTo(number == 32 || number == 33);
    }
  }
}
