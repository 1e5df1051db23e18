package dev.beagle.image.registry;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/** Makes TLS contexts of settings. */
final class TlsContexts {
  private static final Pattern CERTIFICATE =
      Pattern.compile("-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\\s]+-----END CERTIFICATE-----");

  private TlsContexts() {}

  /**
   * @throws Failure INVALID_ARGUMENT naming the file that cannot be used
   */
  static SSLContext create(TlsSettings settings) {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keyManagers(settings), trustManagers(settings), new SecureRandom());
      return context;
    } catch (IOException | GeneralSecurityException error) {
      throw Failure.of(
          FailureKind.INVALID_ARGUMENT, "TLS cannot be set up: " + error.getMessage(), error);
    }
  }

  private static TrustManager @Nullable [] trustManagers(TlsSettings settings)
      throws IOException, GeneralSecurityException {
    if (settings.skipVerify()) {
      return new TrustManager[] {new AnyCertificate()};
    }
    if (settings.authorities().isEmpty()) {
      return null;
    }
    KeyStore trusted = emptyStore();
    int count = 0;
    for (TrustManager manager : managersOf(null)) {
      if (manager instanceof X509TrustManager system) {
        for (X509Certificate authority : system.getAcceptedIssuers()) {
          trusted.setCertificateEntry("system-" + count++, authority);
        }
      }
    }
    for (Path file : settings.authorities()) {
      for (Certificate authority : certificates(file)) {
        trusted.setCertificateEntry("configured-" + count++, authority);
      }
    }
    return managersOf(trusted);
  }

  private static TrustManager[] managersOf(@Nullable KeyStore trusted)
      throws GeneralSecurityException {
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(trusted);
    return factory.getTrustManagers();
  }

  private static KeyManager @Nullable [] keyManagers(TlsSettings settings)
      throws IOException, GeneralSecurityException {
    if (settings.clientKeys().isEmpty()) {
      return null;
    }
    char[] none = new char[0];
    KeyStore keys = emptyStore();
    int count = 0;
    for (TlsSettings.ClientKey pair : settings.clientKeys()) {
      Certificate[] chain = certificates(pair.certificate()).toArray(new Certificate[0]);
      keys.setKeyEntry("client-" + count++, PemKeys.read(pair.key()), none, chain);
    }
    KeyManagerFactory factory =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(keys, none);
    return factory.getKeyManagers();
  }

  private static KeyStore emptyStore() throws IOException, GeneralSecurityException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    return store;
  }

  /** The certificates of a PEM file, in which a key may stand too, or of a DER file. */
  private static List<Certificate> certificates(Path file)
      throws IOException, GeneralSecurityException {
    byte[] content = Files.readAllBytes(file);
    // The JDK's own reader stumbles over a key between or behind them.
    String pem =
        CERTIFICATE
            .matcher(new String(content, StandardCharsets.ISO_8859_1))
            .results()
            .map(match -> match.group() + "\n")
            .collect(Collectors.joining());
    byte[] readable = pem.isEmpty() ? content : pem.getBytes(StandardCharsets.ISO_8859_1);
    try {
      Collection<? extends Certificate> found =
          CertificateFactory.getInstance("X.509")
              .generateCertificates(new ByteArrayInputStream(readable));
      if (found.isEmpty()) {
        throw Failure.invalidArgument(file + " holds no certificate");
      }
      return List.copyOf(found);
    } catch (GeneralSecurityException error) {
      throw new GeneralSecurityException(file + " holds no certificate", error);
    }
  }

  /**
   * Accepts every peer, where the configuration says {@code skip_verify}. Extending this class,
   * rather than the plain trust manager, also skips the check of the host's name.
   */
  private static final class AnyCertificate extends X509ExtendedTrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
