package dev.beagle.guestimage.testing;

import dev.beagle.guestimage.signature.TrustedKey;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.Locale;
import org.bouncycastle.bcpg.ArmoredOutputStream;
import org.bouncycastle.bcpg.HashAlgorithmTags;
import org.bouncycastle.bcpg.sig.KeyFlags;
import org.bouncycastle.bcpg.sig.RevocationReasonTags;
import org.bouncycastle.openpgp.PGPException;
import org.bouncycastle.openpgp.PGPKeyPair;
import org.bouncycastle.openpgp.PGPKeyRingGenerator;
import org.bouncycastle.openpgp.PGPPublicKey;
import org.bouncycastle.openpgp.PGPPublicKeyRing;
import org.bouncycastle.openpgp.PGPSignature;
import org.bouncycastle.openpgp.PGPSignatureGenerator;
import org.bouncycastle.openpgp.PGPSignatureSubpacketGenerator;
import org.bouncycastle.openpgp.operator.bc.BcPGPContentSignerBuilder;
import org.bouncycastle.openpgp.operator.bc.BcPGPDigestCalculatorProvider;
import org.bouncycastle.openpgp.operator.bc.BcPGPKeyPairGeneratorProvider;

/** A key of OpenPGP as Debian has them: Ed25519, signing by itself or by a subkey of its own. */
public final class SigningKey {
  private static final int VERSION = 4;
  private static final String NAME = "Signer of Tests <signer@example.com>";

  private final PGPPublicKeyRing ring;
  private final PGPKeyPair primary;
  private final PGPKeyPair signing;

  private SigningKey(PGPPublicKeyRing ring, PGPKeyPair primary, PGPKeyPair signing) {
    this.ring = ring;
    this.primary = primary;
    this.signing = signing;
  }

  /** Signs by itself. */
  public static SigningKey made(Instant at, Duration lives) {
    return make(at, lives, false, lives);
  }

  /** Signs by a subkey. */
  public static SigningKey withSubkey(Instant at, Duration lives, Duration subkeyLives) {
    return make(at, lives, true, subkeyLives);
  }

  /** By it a subkey agrees to be one. */
  private static PGPSignature acceptance(PGPKeyPair subkey, PGPKeyPair primary, Instant at)
      throws PGPException {
    PGPSignatureGenerator generator =
        new PGPSignatureGenerator(signer(subkey), subkey.getPublicKey(), VERSION);
    generator.init(PGPSignature.PRIMARYKEY_BINDING, subkey.getPrivateKey());
    PGPSignatureSubpacketGenerator packets = new PGPSignatureSubpacketGenerator();
    packets.setSignatureCreationTime(Date.from(at));
    packets.setIssuerFingerprint(false, subkey.getPublicKey());
    generator.setHashedSubpackets(packets.generate());
    return generator.generateCertification(primary.getPublicKey(), subkey.getPublicKey());
  }

  private static SigningKey make(Instant at, Duration lives, boolean subkey, Duration subkeyLives) {
    try {
      PGPKeyPair primary = pair(at);
      PGPKeyRingGenerator generator =
          new PGPKeyRingGenerator(
              PGPSignature.POSITIVE_CERTIFICATION,
              primary,
              NAME,
              new BcPGPDigestCalculatorProvider().get(HashAlgorithmTags.SHA1),
              flags(KeyFlags.CERTIFY_OTHER | KeyFlags.SIGN_DATA, at, lives).generate(),
              null,
              signer(primary),
              null);
      PGPKeyPair signing = primary;
      if (subkey) {
        signing = pair(at);
        PGPSignatureSubpacketGenerator packets = flags(KeyFlags.SIGN_DATA, at, subkeyLives);
        packets.addEmbeddedSignature(true, acceptance(signing, primary, at));
        generator.addSubKey(signing, packets.generate(), null);
      }
      return new SigningKey(generator.generatePublicKeyRing(), primary, signing);
    } catch (PGPException | IOException error) {
      throw new AssertionError(error);
    }
  }

  private static PGPKeyPair pair(Instant at) throws PGPException {
    return new BcPGPKeyPairGeneratorProvider()
        .get(VERSION, Date.from(at))
        .generateLegacyEd25519KeyPair();
  }

  private static BcPGPContentSignerBuilder signer(PGPKeyPair pair) {
    return new BcPGPContentSignerBuilder(
        pair.getPublicKey().getAlgorithm(), HashAlgorithmTags.SHA512);
  }

  private static PGPSignatureSubpacketGenerator flags(int flags, Instant at, Duration lives) {
    PGPSignatureSubpacketGenerator packets = new PGPSignatureSubpacketGenerator();
    packets.setKeyFlags(true, flags);
    packets.setSignatureCreationTime(Date.from(at));
    packets.setKeyExpirationTime(lives.toSeconds());
    return packets;
  }

  public String fingerprint() {
    return HexFormat.of().formatHex(ring.getPublicKey().getFingerprint()).toUpperCase(Locale.ROOT);
  }

  public TrustedKey trusted() {
    return new TrustedKey(fingerprint(), "Signer of Tests");
  }

  /** As it stands in the file of a keyring. */
  public byte[] keyring() {
    return encoded(ring);
  }

  /**
   * The other's key with this one's subkey put beneath it, which nobody but its owner has bound to
   * anything.
   */
  public byte[] keyringOf(SigningKey other) {
    PGPPublicKeyRing forged = other.ring;
    Iterator<PGPPublicKey> keys = ring.getPublicKeys();
    keys.next();
    while (keys.hasNext()) {
      forged = PGPPublicKeyRing.insertPublicKey(forged, keys.next());
    }
    return encoded(forged);
  }

  /** The key with its owner's word that it, or the subkey that it signs by, is not to be used. */
  public byte[] revokedKeyring(Instant at) {
    try {
      PGPSignatureGenerator generator =
          new PGPSignatureGenerator(signer(primary), primary.getPublicKey(), VERSION);
      PGPSignatureSubpacketGenerator packets = new PGPSignatureSubpacketGenerator();
      packets.setSignatureCreationTime(Date.from(at));
      packets.setIssuerFingerprint(false, primary.getPublicKey());
      packets.setRevocationReason(false, RevocationReasonTags.KEY_COMPROMISED, "stolen");
      PGPPublicKey subject = ring.getPublicKey(signing.getKeyID());
      boolean itself = subject.isMasterKey();
      generator.setHashedSubpackets(packets.generate());
      generator.init(
          itself ? PGPSignature.KEY_REVOCATION : PGPSignature.SUBKEY_REVOCATION,
          primary.getPrivateKey());
      PGPSignature revocation =
          itself
              ? generator.generateCertification(subject)
              : generator.generateCertification(primary.getPublicKey(), subject);
      PGPPublicKey revoked = PGPPublicKey.addCertification(subject, revocation);
      return encoded(PGPPublicKeyRing.insertPublicKey(ring, revoked));
    } catch (PGPException error) {
      throw new AssertionError(error);
    }
  }

  private static byte[] encoded(PGPPublicKeyRing ring) {
    try {
      return ring.getEncoded();
    } catch (IOException error) {
      throw new AssertionError(error);
    }
  }

  /** The text as an InRelease file is: lines that begin with a dash are escaped. */
  public byte[] sign(String text, Instant at) {
    String escaped = text.lines().map(SigningKey::escaped).reduce("", (a, b) -> a + b + "\n");
    String whole =
        "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n" + escaped + armoured(text, at);
    return whole.getBytes(StandardCharsets.UTF_8);
  }

  private static String escaped(String line) {
    return line.startsWith("-") ? "- " + line : line;
  }

  private String armoured(String text, Instant at) {
    String canonical = String.join("\r\n", text.lines().map(String::stripTrailing).toList());
    try {
      PGPSignatureGenerator generator =
          new PGPSignatureGenerator(signer(signing), signing.getPublicKey(), VERSION);
      generator.init(PGPSignature.CANONICAL_TEXT_DOCUMENT, signing.getPrivateKey());
      PGPSignatureSubpacketGenerator packets = new PGPSignatureSubpacketGenerator();
      packets.setSignatureCreationTime(Date.from(at));
      packets.setIssuerFingerprint(false, signing.getPublicKey());
      generator.setHashedSubpackets(packets.generate());
      generator.update(canonical.getBytes(StandardCharsets.UTF_8));
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      try (ArmoredOutputStream armour = ArmoredOutputStream.builder().build(out)) {
        generator.generate().encode(armour);
      }
      return out.toString(StandardCharsets.US_ASCII);
    } catch (PGPException | IOException error) {
      throw new AssertionError(error);
    }
  }
}
