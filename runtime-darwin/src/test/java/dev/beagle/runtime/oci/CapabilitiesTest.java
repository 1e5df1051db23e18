package dev.beagle.runtime.oci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.failure.Failure;
import java.util.List;
import org.junit.jupiter.api.Test;

class CapabilitiesTest {
  private static final long EVERYTHING = (1L << 41) - 1;

  @Test
  void additionsAndDropsTakeNamesOfAnyCase() {
    assertThat(
            Capabilities.granted(false, List.of("net_admin"), List.of("CAP_NET_RAW"), EVERYTHING))
        .contains("CAP_NET_ADMIN", "CAP_CHOWN")
        .doesNotContain("CAP_NET_RAW");
  }

  @Test
  void droppingAllLeavesWhatIsAddedByName() {
    assertThat(Capabilities.granted(false, List.of("CHOWN"), List.of("ALL"), EVERYTHING))
        .containsExactly("CAP_CHOWN");
    assertThat(Capabilities.granted(false, List.of(), List.of("ALL"), EVERYTHING)).isEmpty();
  }

  @Test
  void addingAllGivesAllButSingleDrops() {
    assertThat(Capabilities.granted(false, List.of("ALL"), List.of("SYS_ADMIN"), EVERYTHING))
        .hasSize(40)
        .doesNotContain("CAP_SYS_ADMIN");
  }

  @Test
  void whatTheWorldLacksIsNotGivenEvenToPrivileged() {
    assertThat(Capabilities.granted(true, List.of(), List.of(), EVERYTHING & ~(1L << 24)))
        .hasSize(40)
        .doesNotContain("CAP_SYS_RESOURCE");
  }

  @Test
  void unknownNamesAreRefused() {
    assertThatThrownBy(() -> Capabilities.granted(false, List.of("FLY"), List.of(), EVERYTHING))
        .isInstanceOf(Failure.class)
        .hasMessageContaining("FLY");
  }
}
