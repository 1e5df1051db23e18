package dev.beagle.guestimage.signature;

import dev.beagle.failure.Failure;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.bouncycastle.bcpg.KeyIdentifier;
import org.bouncycastle.openpgp.PGPException;
import org.bouncycastle.openpgp.PGPSignature;
import org.bouncycastle.openpgp.PGPSignatureList;
import org.bouncycastle.openpgp.PGPUtil;
import org.bouncycastle.openpgp.api.OpenPGPCertificate;
import org.bouncycastle.openpgp.api.OpenPGPCertificate.OpenPGPComponentKey;
import org.bouncycastle.openpgp.api.OpenPGPKeyReader;
import org.bouncycastle.openpgp.api.OpenPGPSignature.OpenPGPDocumentSignature;
import org.bouncycastle.openpgp.bc.BcPGPObjectFactory;
import org.bouncycastle.openpgp.operator.bc.BcPGPContentVerifierBuilderProvider;

/**
 * The keys of those who are believed. Where the keys come from does not matter: one is taken when
 * its fingerprint is a trusted one, and what it signs with has to be bound to it by itself.
 * Confined to one thread.
 */
public final class TrustedKeys {
  /** Debian signs with one to three keys. */
  private static final int SIGNATURES = 16;

  private final Map<String, TrustedKey> trusted = new LinkedHashMap<>();
  private final List<OpenPGPCertificate> certificates = new ArrayList<>();

  public TrustedKeys(List<TrustedKey> whom) {
    whom.forEach(key -> trusted.put(key.fingerprint(), key));
  }

  /**
   * Takes the trusted ones among the keys of a file, armoured or not. What cannot be read has none.
   *
   * @return how many were taken
   */
  public int add(byte[] keyring) {
    List<OpenPGPCertificate> read;
    try {
      read = new OpenPGPKeyReader().parseCertificates(keyring);
    } catch (IOException | RuntimeException unreadable) {
      return 0; // Bouncy Castle answers damaged packets with whatever it ran into
    }
    int taken = 0;
    for (OpenPGPCertificate certificate : read) {
      if (trusted.containsKey(fingerprint(certificate))) {
        certificates.add(certificate);
        taken++;
      }
    }
    return taken;
  }

  private static String fingerprint(OpenPGPCertificate certificate) {
    return HexFormat.of().formatHex(certificate.getFingerprint()).toUpperCase(Locale.ROOT);
  }

  public boolean isEmpty() {
    return certificates.isEmpty();
  }

  /**
   * Who signed a text: one good signature is enough.
   *
   * @param now when the signing key has to be valid too, besides when it signed
   * @throws Failure DENIED when no signature is a good one of a trusted key, with what each of them
   *     is
   */
  public TrustedKey verify(String name, SignedText text, Instant now) {
    List<String> reasons = new ArrayList<>();
    for (PGPSignature signature : signatures(name, text.signature())) {
      Optional<OpenPGPComponentKey> key = keyOf(signature);
      if (key.isEmpty()) {
        reasons.add("one by key %s, which is not trusted".formatted(issuer(signature)));
        continue;
      }
      Optional<String> objection = objection(signature, key.get(), text, now);
      if (objection.isEmpty()) {
        String fingerprint = fingerprint(key.get().getCertificate());
        return trusted.getOrDefault(fingerprint, new TrustedKey(fingerprint, fingerprint));
      }
      reasons.add("one by key %s %s".formatted(issuer(signature), objection.get()));
    }
    throw Failure.denied(
        "%s is not signed by anybody trusted: %s"
            .formatted(name, reasons.isEmpty() ? "no signature" : String.join("; ", reasons)));
  }

  private static List<PGPSignature> signatures(String name, String armoured) {
    List<PGPSignature> found = new ArrayList<>();
    byte[] bytes = armoured.getBytes(StandardCharsets.US_ASCII);
    try {
      BcPGPObjectFactory packets =
          new BcPGPObjectFactory(PGPUtil.getDecoderStream(new ByteArrayInputStream(bytes)));
      for (Object next = packets.nextObject(); next != null; next = packets.nextObject()) {
        if (next instanceof PGPSignatureList list) {
          list.forEach(found::add);
        }
        if (found.size() > SIGNATURES) {
          throw Failure.denied("%s has more than %d signatures".formatted(name, SIGNATURES));
        }
      }
    } catch (Failure failure) {
      throw failure;
    } catch (IOException | RuntimeException damaged) {
      throw Failure.corrupted(
          "the signature of %s cannot be read: %s".formatted(name, damaged.getMessage()), damaged);
    }
    return found;
  }

  private Optional<OpenPGPComponentKey> keyOf(PGPSignature signature) {
    return certificates.stream()
        .map(certificate -> certificate.getSigningKeyFor(signature))
        .filter(key -> key != null)
        .findFirst();
  }

  private static String issuer(PGPSignature signature) {
    List<KeyIdentifier> named = signature.getKeyIdentifiers();
    return named.isEmpty() ? "unknown" : named.getFirst().toString();
  }

  /** Bouncy Castle asks of a key whether it is bound, not whether it has expired. */
  private static boolean expired(OpenPGPComponentKey key, Instant at) {
    return Stream.of(key, key.getCertificate().getPrimaryKey())
        .map(each -> each.getKeyExpirationDateAt(Date.from(at)))
        .anyMatch(expiration -> expiration != null && !at.isBefore(expiration.toInstant()));
  }

  /** Why a signature does not count; empty when it does. */
  private static Optional<String> objection(
      PGPSignature signature, OpenPGPComponentKey key, SignedText text, Instant now) {
    int type = signature.getSignatureType();
    if (type != PGPSignature.CANONICAL_TEXT_DOCUMENT && type != PGPSignature.BINARY_DOCUMENT) {
      return Optional.of("is not of a document");
    }
    try {
      signature.init(new BcPGPContentVerifierBuilderProvider(), key.getPGPPublicKey());
      signature.update(text.signedBytes());
      OpenPGPDocumentSignature document = new OpenPGPDocumentSignature(signature, key);
      if (!document.verify()) {
        return Optional.of("does not fit the text: it was changed");
      }
      Date date = Date.from(now);
      if (!document.isValid() || expired(key, signature.getCreationTime().toInstant())) {
        return Optional.of("was not valid when it was made");
      }
      if (!document.isEffectiveAt(date)) {
        return Optional.of("has expired, or was made later than this host's clock says it is");
      }
      if (!key.isSigningKey(date) || expired(key, now)) {
        return Optional.of("is of a key that has expired, was revoked or may not sign");
      }
      return Optional.empty();
    } catch (PGPException | RuntimeException error) {
      return Optional.of("cannot be checked: " + error.getMessage());
    }
  }
}
