package dev.beagle.net.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class QuotaTest {
  private final Quota<String> quota = new Quota<>(10);

  @Test
  void nobodyHoldsMoreThanAQuarterAndAllNoMoreThanThereIs() {
    assertThat(quota.take("a", 2)).isTrue();
    assertThat(quota.take("a", 1)).isFalse();
    for (String other : new String[] {"b", "c", "d", "e"}) {
      assertThat(quota.take(other, 2)).isTrue();
    }
    assertThat(quota.take("f", 1)).isFalse();
    quota.giveBack("a", 1);
    assertThat(quota.take("f", 1)).isTrue();
    assertThat(quota.sum()).isEqualTo(10);
  }

  @Test
  void moreThanWasTakenIsNotGivenBack() {
    assertThat(quota.take("a", 1)).isTrue();
    assertThatThrownBy(() -> quota.giveBack("a", 2)).hasMessageContaining("a gives back 1 more");
    quota.giveBack("a", 1);
    assertThat(quota.sum()).isZero();
  }
}
