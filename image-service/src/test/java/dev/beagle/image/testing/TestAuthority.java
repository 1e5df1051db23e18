package dev.beagle.image.testing;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** A certificate authority of a test, made by the JDK's keytool in a folder. */
public final class TestAuthority {
  private static final char[] PASSWORD = "test-only".toCharArray();

  private final Path folder;
  private final String name;

  private TestAuthority(Path folder, String name) {
    this.folder = folder;
    this.name = name;
  }

  public static TestAuthority create(Path folder, String name)
      throws IOException, InterruptedException {
    TestAuthority authority = new TestAuthority(folder, name);
    authority.generate(name, "bc:c", "CN=" + name);
    authority.keytool(name, "-exportcert", "-rfc", "-file", authority.certificate().toString());
    return authority;
  }

  /** PEM of the authority's own certificate. */
  public Path certificate() {
    return folder.resolve(name + ".pem");
  }

  private Path store(String owner) {
    return folder.resolve(owner + ".p12");
  }

  private void generate(String owner, String extension, String subject)
      throws IOException, InterruptedException {
    keytool(
        owner,
        "-genkeypair",
        "-keyalg",
        "EC",
        "-groupname",
        "secp256r1",
        "-dname",
        subject,
        "-validity",
        "30",
        "-ext",
        extension);
  }

  /** A store with a key and its certificate, signed by us. */
  private Path issue(String owner, String extension) throws IOException, InterruptedException {
    generate(owner, "ku=digitalSignature", "CN=" + owner);
    Path request = folder.resolve(owner + ".csr");
    Path signed = folder.resolve(owner + ".crt");
    keytool(owner, "-certreq", "-file", request.toString());
    keytool(
        name,
        "-gencert",
        "-rfc",
        "-infile",
        request.toString(),
        "-outfile",
        signed.toString(),
        "-validity",
        "30",
        "-ext",
        extension);
    Path chain = folder.resolve(owner + "-chain.pem");
    Files.writeString(chain, Files.readString(signed) + Files.readString(certificate()));
    keytool(owner, "-importcert", "-noprompt", "-trustcacerts", "-file", chain.toString());
    return store(owner);
  }

  /**
   * What a server of that name is set up with; clients are trusted where we signed for them.
   *
   * @param names as keytool takes them, for instance {@code dns:localhost,ip:127.0.0.1}
   */
  public SSLContext server(String owner, String names)
      throws IOException, InterruptedException, GeneralSecurityException {
    KeyStore keys = load(issue(owner, "san=" + names));
    KeyManagerFactory own = KeyManagerFactory.getInstance("PKIX");
    own.init(keys, PASSWORD);
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    trusted.setCertificateEntry("ca", load(store(name)).getCertificate("key"));
    TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
    trust.init(trusted);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(own.getKeyManagers(), trust.getTrustManagers(), new SecureRandom());
    return context;
  }

  /** One PEM file with a client's certificate and its key. */
  public Path client(String owner)
      throws IOException, InterruptedException, GeneralSecurityException {
    KeyStore keys = load(issue(owner, "eku=clientAuth"));
    Key key = keys.getKey("key", PASSWORD);
    Certificate certificate = keys.getCertificate("key");
    return Files.writeString(
        folder.resolve(owner + "-both.pem"),
        pem("CERTIFICATE", certificate.getEncoded()) + pem("PRIVATE KEY", key.getEncoded()));
  }

  private static String pem(String kind, byte[] content) {
    String lines = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content);
    return "-----BEGIN %s-----\n%s\n-----END %s-----\n".formatted(kind, lines, kind);
  }

  private static KeyStore load(Path file) throws IOException, GeneralSecurityException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(file)) {
      store.load(in, PASSWORD);
    }
    return store;
  }

  private void keytool(String owner, String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    command.addAll(List.of(arguments));
    command.addAll(
        List.of("-alias", "key", "-keystore", store(owner).toString(), "-storetype", "PKCS12"));
    command.addAll(List.of("-storepass", new String(PASSWORD)));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (!process.waitFor(1, TimeUnit.MINUTES) || process.exitValue() != 0) {
      throw new IOException(command + ": " + output);
    }
  }
}
