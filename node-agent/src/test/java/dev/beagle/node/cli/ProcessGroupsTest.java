package dev.beagle.node.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProcessGroupsTest {
  @ParameterizedTest
  @CsvSource({
    "41 (java) S 40 41 30 34816 41 4194304,false",
    "41 (java) S 40 41 30 34816 30 4194304,true",
    "41 (a) b (c) S 40 41 30 34816 30 4194304,true",
    "41 (java) S 40 41 30 0 -1 4194304,false"
  })
  void theKernelSaysWhoseTurnItIs(String stat, boolean background) {
    assertThat(ProcessGroups.ofStat(stat).map(ProcessGroups::background)).contains(background);
  }

  @ParameterizedTest
  @CsvSource({"'   41    41',false", "'  41 30\n',true", "'  41  0',false"})
  void psSaysItToo(String line, boolean background) {
    assertThat(ProcessGroups.ofPs(line).map(ProcessGroups::background)).contains(background);
  }

  @Test
  void whatCannotBeReadIsUnknown() {
    assertThat(ProcessGroups.ofStat("")).isEmpty();
    assertThat(ProcessGroups.ofStat("41 (java) S 40 x 30 0 y 1")).isEmpty();
    assertThat(ProcessGroups.ofPs("")).isEmpty();
  }
}
