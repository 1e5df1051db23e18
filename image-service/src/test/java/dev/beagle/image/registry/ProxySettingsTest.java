package dev.beagle.image.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import java.net.URI;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProxySettingsTest {
  @Test
  void eachSchemeHasItsProxyAndExceptionsNone() {
    ProxySettings proxies = ProxySettings.of("plain:81", "http://secure:82/", "own.test");
    assertThat(proxies.forUri(URI.create("http://a.test/v2"))).hasToString("Optional[plain:81]");
    assertThat(proxies.forUri(URI.create("https://a.test/v2"))).hasToString("Optional[secure:82]");
    assertThat(proxies.forUri(URI.create("https://own.test:5000/"))).isEmpty();
    assertThat(proxies.forUri(URI.create("http://[::1]:5000/"))).isEmpty();
    assertThat(ProxySettings.NONE.forUri(URI.create("https://a.test/"))).isEmpty();
  }

  @Test
  void credentialsAreSentAndNeverShown() {
    ProxySettings proxies = ProxySettings.of("", "http://ann:p%40ss+word@proxy", "");
    assertThat(proxies.forUri(URI.create("https://a.test/")).orElseThrow().authorization())
        .isEqualTo(TokenExchange.basic("ann", "p@ss+word"));
    assertThat(proxies.toString()).contains("proxy:80").doesNotContain("ann", "ss+word", "Basic");
  }

  @ParameterizedTest
  @CsvSource({
    "socks5://ann:secret@proxy:1080, kind",
    "https://ann:secret@proxy, kind",
    "http://ann:secret@, host",
    "http://ann:secret@a b, URL",
    "ann:secret@proxy:x, host",
  })
  void whatCannotBeUsedIsNamedWithoutItsPassword(String url, String reason) {
    Failure failure = catchThrowableOfType(Failure.class, () -> ProxySettings.of("", url, ""));
    assertThat(failure.kind()).isEqualTo(FailureKind.INVALID_ARGUMENT);
    assertThat(failure.reason()).contains("HTTPS_PROXY", reason).doesNotContain("secret");
    assertThat(String.valueOf(failure.getCause())).doesNotContain("secret");
  }
}
