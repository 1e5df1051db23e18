package dev.beagle.guestimage.signature;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.failure.Failure;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SignedTextTest {
  private static final String GOOD =
      """
      -----BEGIN PGP SIGNED MESSAGE-----
      Hash: SHA256

      Origin: Debian\t\s
      - -----dash

      last
      -----BEGIN PGP SIGNATURE-----

      abcd
      -----END PGP SIGNATURE-----
      """;

  private static SignedText parse(String text) {
    return SignedText.parse("the index", text.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void linesAreAsTheyWereSigned() {
    assertThat(parse(GOOD).lines()).containsExactly("Origin: Debian", "-----dash", "", "last");
  }

  @Test
  void carriageReturnsChangeNothing() {
    assertThat(parse(GOOD.replace("\n", "\r\n"))).isEqualTo(parse(GOOD));
  }

  @Test
  void whatIsSignedEndsItsLinesInBothAndItsLastOneInNothing() {
    assertThat(new String(parse(GOOD).signedBytes(), StandardCharsets.UTF_8))
        .isEqualTo("Origin: Debian\r\n-----dash\r\n\r\nlast");
  }

  /** Whoever reads less strictly than the signature is checked, reads what nobody signed. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "<html>login</html>",
        "Origin: Other\n",
        "-----BEGIN PGP SIGNED MESSAGE-----\n",
        "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\nOrigin: Debian\n",
        "-----BEGIN PGP SIGNED MESSAGE-----\n\nOrigin: Debian\n",
        """
        -----BEGIN PGP SIGNED MESSAGE-----

        -----not escaped
        -----BEGIN PGP SIGNATURE-----
        -----END PGP SIGNATURE-----
        """,
        "-----BEGIN PGP SIGNED MESSAGE-----\n\na\n-----BEGIN PGP SIGNATURE-----\nabcd\n",
      })
  void whatIsNoSignedTextIsRefused(String text) {
    assertThatThrownBy(() -> parse(text))
        .isInstanceOf(Failure.class)
        .hasMessageStartingWith("the index is no signed text: ");
  }

  @Test
  void nothingMayStandAroundIt() {
    assertThatThrownBy(() -> parse("Origin: Other\n" + GOOD)).isInstanceOf(Failure.class);
    assertThatThrownBy(() -> parse(GOOD + "Origin: Other\n"))
        .hasMessageContaining("something stands behind its signature");
    assertThatThrownBy(() -> parse(GOOD + GOOD))
        .hasMessageContaining("something stands behind its signature");
  }

  @Test
  void bytesThatAreNoTextAreRefused() {
    assertThatThrownBy(() -> SignedText.parse("the index", new byte[] {(byte) 0xff, 0}))
        .hasMessage("the index is no text in UTF-8");
  }
}
