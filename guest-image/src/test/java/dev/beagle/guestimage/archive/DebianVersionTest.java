package dev.beagle.guestimage.archive;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class DebianVersionTest {
  /** Of deb-version(7) and of real kernels and libraries; each pair the older one first. */
  @ParameterizedTest
  @CsvSource({
    "6.12.94-1, 6.12.107-1",
    "6.12.107-1, 6.12.107-1.1",
    "6.12.107-1~bpo12+1, 6.12.107-1",
    "1.0~~, 1.0~",
    "1.0~rc1, 1.0",
    "1.0~~a, 1.0~",
    "1.0, 1.0a",
    "1.0a, 1.0+",
    "1.0, 1.0-1",
    "9.9, 1:0.1",
    "1:1.37.0-6+b8, 1:1.37.0-6+b9",
    "2.41-12+deb13u3, 2.41-12+deb13u10",
    "1.2-3-4, 1.2-4-1",
    "1.1, 1.a",
    "1.2, 1.10",
    "1.99999999999999999998, 1.99999999999999999999"
  })
  void theOlderOneComesFirst(String older, String newer) {
    assertThat(new DebianVersion(older)).isLessThan(new DebianVersion(newer));
    assertThat(new DebianVersion(newer)).isGreaterThan(new DebianVersion(older));
  }

  @ParameterizedTest
  @CsvSource({"1.0, 1.0", "0:1.0, 1.0", "1.0, 1.0-0", "1.02, 1.2", "1.0-01, 1.0-1"})
  void theseAreEqual(String left, String right) {
    assertThat(new DebianVersion(left)).isEqualByComparingTo(new DebianVersion(right));
  }
}
