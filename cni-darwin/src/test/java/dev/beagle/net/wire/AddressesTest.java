package dev.beagle.net.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AddressesTest {
  @ParameterizedTest
  @CsvSource({
    "10.88.0.0/16,10.88.255.1,true", "10.88.0.0/16,10.89.0.1,false", "0.0.0.0/0,1.2.3.4,true",
    "fd00::/8,fd12::1,true", "fd00::/8,10.0.0.1,false", "fd00:0:0:0:8000::/65,fd00::1,false"
  })
  void aPrefixContainsItsAddresses(String prefix, String address, boolean inside) {
    assertThat(IpPrefix.parse(prefix).contains(IpAddress.parse(address))).isEqualTo(inside);
  }

  @ParameterizedTest
  @ValueSource(strings = {"10.88.0.1/16", "10.88.0.0", "10.88.0.0/33", "host/8", "10.0.0.0/x"})
  void aWrongPrefixIsRefused(String text) {
    assertThatIllegalArgumentException().isThrownBy(() -> IpPrefix.parse(text));
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "127.255.0.1", "0.0.0.0", "0.1.2.3", "::1", "::"})
  void whatAHostTakesForItselfIsLoopback(String address) {
    assertThat(IpAddress.parse(address).isLoopbackOrUnspecified()).isTrue();
  }

  @Test
  void aMacAddressIsReadAndWritten() {
    assertThat(MacAddress.parse("02:be:0a:58:00:04")).hasToString("02:be:0a:58:00:04");
    assertThatIllegalArgumentException().isThrownBy(() -> MacAddress.parse("02:be:0a:58:00"));
  }
}
