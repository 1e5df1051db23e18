package dev.beagle.image.registry;

import dev.beagle.failure.Failure;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Pattern;

/** Reads private keys from PEM files (RFC 7468): PKCS#8, and PKCS#1 for RSA. */
final class PemKeys {
  private static final Pattern KEY =
      Pattern.compile("-----BEGIN ((?:RSA |EC )?PRIVATE KEY)-----([A-Za-z0-9+/=\\s]+)-----END");

  /**
   * AlgorithmIdentifier of rsaEncryption with its NULL parameter (RFC 8017, A.1), after version 0.
   */
  private static final byte[] RSA_PREFIX =
      HexFormat.of().parseHex("020100" + "300d06092a864886f70d0101010500");

  private PemKeys() {}

  static PrivateKey read(Path file) throws IOException, GeneralSecurityException {
    var matcher = KEY.matcher(Files.readString(file, StandardCharsets.ISO_8859_1));
    if (!matcher.find()) {
      throw Failure.invalidArgument(file + " holds no unencrypted private key");
    }
    byte[] der = Base64.getMimeDecoder().decode(matcher.group(2));
    return switch (matcher.group(1)) {
      case "RSA PRIVATE KEY" -> decode(wrapRsa(der), List.of("RSA"), file);
      case "EC PRIVATE KEY" ->
          throw Failure.invalidArgument(
              file + " is a SEC1 key: convert it with \"openssl pkcs8 -topk8 -nocrypt\"");
      default -> decode(der, List.of("RSA", "EC", "EdDSA"), file);
    };
  }

  private static PrivateKey decode(byte[] pkcs8, List<String> algorithms, Path file)
      throws GeneralSecurityException {
    for (String algorithm : algorithms) {
      try {
        return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
      } catch (InvalidKeySpecException another) {
        // The next algorithm may fit.
      }
    }
    throw Failure.invalidArgument(file + " holds no RSA, EC or EdDSA key");
  }

  private static byte[] wrapRsa(byte[] pkcs1) {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    body.writeBytes(RSA_PREFIX);
    body.writeBytes(derElement(0x04, pkcs1));
    return derElement(0x30, body.toByteArray());
  }

  private static byte[] derElement(int tag, byte[] content) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(tag);
    if (content.length < 0x80) {
      out.write(content.length);
    } else {
      out.write(0x82);
      out.write(content.length >> 8);
      out.write(content.length);
    }
    out.writeBytes(content);
    return out.toByteArray();
  }
}
