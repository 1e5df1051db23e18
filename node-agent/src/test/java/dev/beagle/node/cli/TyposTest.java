package dev.beagle.node.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TyposTest {
  private static final List<String> COMMANDS =
      List.of("ps", "rm", "rmi", "run", "stop", "status", "images", "exec", "pull", "logs");

  @ParameterizedTest
  @CsvSource({
    "sp,ps",
    "rnu,run",
    "stauts,status",
    "imgaes,images",
    "imags,images",
    "exce,exec",
    "kill,stop",
    "start,run",
    "delete,rm",
    "inspect,ps -o json"
  })
  void aSlipOrAnotherToolsWordFindsTheCommand(String typed, String meant) {
    assertThat(Typos.suggestions(typed, COMMANDS)).containsExactly(meant);
  }

  @ParameterizedTest
  @CsvSource({"xx", "frobnicate", "network"})
  void whatIsFarFromEverythingFindsNothing(String typed) {
    assertThat(Typos.suggestions(typed, COMMANDS)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"ab,ba,1", "run,run,0", "'',run,3", "stpo,stop,1", "sotp,stop,1", "abc,cab,2"})
  void aSwapCountsOnce(String typed, String meant, int slips) {
    assertThat(Typos.slips(typed, meant)).isEqualTo(slips);
  }
}
