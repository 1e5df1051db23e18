package dev.beagle.guestimage.testing;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.commons.compress.compressors.xz.XZCompressorOutputStream;

/** An archive of Debian's form on loopback, with what a test puts into it. */
public final class ServedArchive implements AutoCloseable {
  private static final DateTimeFormatter DATE =
      DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'UTC'", Locale.ENGLISH)
          .withZone(ZoneOffset.UTC);
  private static final String INDEX = "main/binary-arm64/Packages.xz";

  private final HttpServer server;
  private final Map<String, byte[]> files = new ConcurrentHashMap<>();
  private final List<String> asked = new CopyOnWriteArrayList<>();
  private final List<String> entries = new ArrayList<>();

  public ServedArchive() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/debian/", this::answer);
    server.start();
  }

  private void answer(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getPath().substring("/debian/".length());
    asked.add(path);
    byte[] file = files.get(path);
    if (file == null) {
      exchange.sendResponseHeaders(404, -1);
    } else {
      exchange.sendResponseHeaders(200, file.length == 0 ? -1 : file.length);
      exchange.getResponseBody().write(file);
    }
    exchange.close();
  }

  public URI url() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/debian");
  }

  /** Paths of all requests so far. */
  public List<String> asked() {
    return asked;
  }

  /** Serves something else than was published. */
  public void replace(String path, byte[] content) {
    files.put(path, content);
  }

  public byte[] served(String path) {
    return files.getOrDefault(path, new byte[0]);
  }

  /** Adds a package to the index that is published next; returns its path. */
  public String add(String name, String version, String fields, byte[] deb) {
    String path = "pool/main/%s_%s_arm64.deb".formatted(name, version);
    files.put(path, deb);
    entries.add(
        "Package: %s\nVersion: %s\nArchitecture: arm64\n%sFilename: %s\nSize: %d\nSHA256: %s\n"
            .formatted(name, version, fields, path, deb.length, sha256(deb)));
    return path;
  }

  /** Publishes all packages as suite trixie. */
  public void publish(SigningKey key, Instant date) {
    publish(key, date, "trixie", "");
  }

  /**
   * @param fields more of the Release file, with line ends
   */
  public void publish(SigningKey key, Instant date, String codename, String fields) {
    byte[] index = xz(String.join("\n", entries));
    files.put("dists/trixie/main/binary-arm64/by-hash/SHA256/" + sha256(index), index);
    String text =
        "Origin: Test\nSuite: stable\nVersion: 13.7\nCodename: %s\nDate: %s\nAcquire-By-Hash: yes\n"
                .formatted(codename, DATE.format(date))
            + fields
            + "SHA256:\n %s %d %s\n".formatted(sha256(index), index.length, INDEX);
    files.put("dists/trixie/InRelease", key.sign(text, date));
  }

  private static byte[] xz(String text) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (XZCompressorOutputStream xz = new XZCompressorOutputStream(out)) {
      xz.write(text.getBytes(StandardCharsets.UTF_8));
    } catch (IOException error) {
      throw new AssertionError(error);
    }
    return out.toByteArray();
  }

  private static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException error) {
      throw new AssertionError(error);
    }
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
