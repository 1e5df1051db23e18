package dev.beagle.guestimage.signature;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.guestimage.testing.SigningKey;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class TrustedKeysTest {
  private static final Instant MADE = Instant.parse("2025-03-30T10:00:00Z");
  private static final Instant SIGNED = Instant.parse("2026-09-12T07:55:41Z");
  private static final Instant NOW = Instant.parse("2026-11-23T08:00:00Z");
  private static final Duration LIVES = Duration.ofDays(8 * 365);
  private static final String TEXT = "Origin: Debian\nSHA256:\n abc 12 main/Packages\n-dash \n";

  private static final SigningKey KEY = SigningKey.made(MADE, LIVES);

  private static TrustedKeys trusting(SigningKey... keys) {
    TrustedKeys trusted = new TrustedKeys(List.of(keys).stream().map(SigningKey::trusted).toList());
    for (SigningKey key : keys) {
      trusted.add(key.keyring());
    }
    return trusted;
  }

  private static TrustedKey verify(TrustedKeys keys, byte[] text, Instant now) {
    return keys.verify("the index", SignedText.parse("the index", text), now);
  }

  private static void assertRefused(TrustedKeys keys, byte[] text, Instant now, String reason) {
    assertThatThrownBy(() -> verify(keys, text, now))
        .isInstanceOfSatisfying(
            Failure.class, failure -> assertThat(failure.kind()).isEqualTo(FailureKind.DENIED))
        .hasMessageContaining("the index is not signed by anybody trusted")
        .hasMessageContaining(reason);
  }

  @Test
  void aGoodSignatureNamesItsSigner() {
    assertThat(verify(trusting(KEY), KEY.sign(TEXT, SIGNED), NOW)).isEqualTo(KEY.trusted());
  }

  @Test
  void aSubkeySignsForItsPrimaryKey() {
    SigningKey key = SigningKey.withSubkey(MADE, LIVES, LIVES);
    assertThat(verify(trusting(key), key.sign(TEXT, SIGNED), NOW)).isEqualTo(key.trusted());
  }

  @Test
  void aChangedTextIsRefused() {
    String changed =
        new String(KEY.sign(TEXT, SIGNED), StandardCharsets.UTF_8).replace("abc 12", "abd 12");
    assertRefused(
        trusting(KEY), changed.getBytes(StandardCharsets.UTF_8), NOW, "does not fit the text");
  }

  @Test
  void aKeyThatIsNotTrustedDoesNotCount() {
    SigningKey other = SigningKey.made(MADE, LIVES);
    TrustedKeys keys = trusting(KEY);
    assertThat(keys.add(other.keyring())).isZero();
    assertRefused(keys, other.sign(TEXT, SIGNED), NOW, "which is not trusted");
  }

  @Test
  void aSubkeyThatThePrimaryKeyDidNotBindDoesNotCount() {
    SigningKey attacker = SigningKey.withSubkey(MADE, LIVES, LIVES);
    TrustedKeys keys = new TrustedKeys(List.of(KEY.trusted()));
    assertThat(keys.add(attacker.keyringOf(KEY))).isEqualTo(1);
    assertThat(verify(keys, KEY.sign(TEXT, SIGNED), NOW)).isEqualTo(KEY.trusted());
    assertRefused(keys, attacker.sign(TEXT, SIGNED), NOW, "one by key");
  }

  @Test
  void anExpiredKeyDoesNotCountEvenForWhatItSignedBefore() {
    SigningKey key = SigningKey.made(MADE, Duration.ofDays(560));
    Instant before = MADE.plus(Duration.ofDays(559));
    assertThat(verify(trusting(key), key.sign(TEXT, SIGNED), before)).isEqualTo(key.trusted());
    assertRefused(trusting(key), key.sign(TEXT, SIGNED), NOW, "of a key that has expired");
    assertRefused(
        trusting(key), key.sign(TEXT, NOW), NOW.plusSeconds(60), "not valid when it was made");
  }

  @Test
  void neitherDoesAKeyWhosePartHasExpired() {
    Duration soon = Duration.ofDays(560);
    for (SigningKey key :
        List.of(
            SigningKey.withSubkey(MADE, soon, LIVES), SigningKey.withSubkey(MADE, LIVES, soon))) {
      assertThat(verify(trusting(key), key.sign(TEXT, SIGNED), SIGNED.plusSeconds(60)))
          .isEqualTo(key.trusted());
      assertRefused(trusting(key), key.sign(TEXT, SIGNED), NOW, "of a key that has expired");
    }
  }

  @Test
  void aRevokedKeyDoesNotCount() {
    for (SigningKey key :
        List.of(SigningKey.made(MADE, LIVES), SigningKey.withSubkey(MADE, LIVES, LIVES))) {
      TrustedKeys keys = new TrustedKeys(List.of(key.trusted()));
      assertThat(keys.add(key.revokedKeyring(SIGNED.plusSeconds(3600)))).isEqualTo(1);
      assertRefused(keys, key.sign(TEXT, SIGNED), NOW, "one by key");
    }
  }

  @Test
  void aSignatureOfTheFutureIsRefused() {
    assertRefused(trusting(KEY), KEY.sign(TEXT, NOW.plusSeconds(3600)), NOW, "this host's clock");
  }

  @Test
  void noKeyAtAllIsSaid() {
    assertRefused(new TrustedKeys(List.of()), KEY.sign(TEXT, SIGNED), NOW, "which is not trusted");
  }

  @Test
  void anEmptySignatureIsNone() {
    SignedText text =
        new SignedText(
            List.of("Origin: Debian"),
            "-----BEGIN PGP SIGNATURE-----\n\n-----END PGP SIGNATURE-----\n");
    assertThatThrownBy(() -> trusting(KEY).verify("the index", text, NOW))
        .isInstanceOf(Failure.class);
  }

  @Test
  void keyringsAndSignaturesMayBeAnything() {
    Random random = new Random(7);
    byte[] keyring = KEY.keyring();
    String signed = new String(KEY.sign(TEXT, SIGNED), StandardCharsets.UTF_8);
    for (int i = 0; i < 500; i++) {
      byte[] damaged = keyring.clone();
      damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
      new TrustedKeys(List.of(KEY.trusted())).add(damaged);

      int at = signed.indexOf("SIGNATURE") + random.nextInt(150) + 12;
      String other =
          signed.substring(0, at) + (char) ('A' + random.nextInt(26)) + signed.substring(at + 1);
      try {
        verify(trusting(KEY), other.getBytes(StandardCharsets.UTF_8), NOW);
      } catch (Failure refused) {
        assertThat(refused.kind()).isIn(FailureKind.DENIED, FailureKind.CORRUPTED);
      }
    }
  }

  @Test
  void debiansKeysArePinnedByWholeFingerprints() {
    assertThat(TrustedKey.DEBIAN).extracting(TrustedKey::fingerprint).doesNotHaveDuplicates();
    assertThatThrownBy(() -> new TrustedKey("B2C39DE4", "short")).isInstanceOf(Failure.class);
  }
}
