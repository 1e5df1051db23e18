package dev.beagle.net.ipam;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.failure.Failure;
import dev.beagle.net.wire.IpAddress;
import dev.beagle.net.wire.IpPrefix;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class AddressPoolTest {
  private final AddressPool pool = new AddressPool(IpPrefix.parse("10.1.2.0/28"));

  @Test
  void aNameKeepsItsAddress() {
    assertThat(pool.lease("a")).isEqualTo(pool.lease("a")).hasToString("10.1.2.4");
  }

  @Test
  void anAddressThatWasGivenBackIsTheLastToBeUsedAgain() {
    IpAddress first = pool.lease("a");
    pool.release("a");
    for (int i = 0; i < 10; i++) {
      assertThat(pool.lease("b" + i)).isNotEqualTo(first);
    }
    assertThat(pool.lease("c")).isEqualTo(first);
  }

  @Test
  void allAreDifferentAndNoneIsReservedUntilItIsExhausted() {
    Set<IpAddress> all = new HashSet<>();
    for (int i = 0; i < 11; i++) {
      all.add(pool.lease("p" + i));
    }
    assertThat(all)
        .hasSize(11)
        .doesNotContain(pool.gateway(), pool.host(), IpAddress.parse("10.1.2.15"));
    assertThatThrownBy(() -> pool.lease("more"))
        .isInstanceOf(Failure.class)
        .hasMessageContaining("no address left in 10.1.2.0/28");
  }

  @Test
  void whatWasWrittenDownIsTakenOver() {
    pool.lease("a");
    AddressPool successor = new AddressPool(pool.prefix());
    successor.restore(pool.leases(), pool.next());
    assertThat(successor.lease("a")).isEqualTo(pool.lease("a"));
    assertThat(successor.lease("b")).isEqualTo(pool.lease("b"));
    AddressPool other = new AddressPool(IpPrefix.parse("10.9.0.0/16"));
    assertThatThrownBy(() -> other.restore(Map.of("a", pool.lease("a")), 0))
        .hasMessageContaining("outside 10.9.0.0/16");
  }
}
