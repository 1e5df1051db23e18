package dev.beagle.image.testing;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import dev.beagle.image.reference.Digest;
import dev.beagle.image.reference.Reference;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;

/**
 * A registry on loopback with the pull half of the distribution-spec, that can be told to
 * misbehave. Its own port makes it a plain-HTTP registry by the rules for loopback. Thread-safe.
 */
public final class SimulatedRegistry implements AutoCloseable {
  private static final Pattern PATH = Pattern.compile("/v2/(.+)/(manifests|blobs)/([^/?]+)");

  private final HttpServer server;
  private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
  private final Map<String, Content> manifests = new ConcurrentHashMap<>();
  private final Map<String, byte[]> blobs = new ConcurrentHashMap<>();
  private final Map<String, HttpHandler> overrides = new ConcurrentHashMap<>();
  private final List<Request> requests = new CopyOnWriteArrayList<>();
  private volatile String challenge = "";
  private volatile String authorization = "";
  private volatile boolean ranges = true;

  public SimulatedRegistry() {
    this(SimulatedRegistry::plain);
  }

  private SimulatedRegistry(Opening opening) {
    try {
      server = opening.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
    server.setExecutor(executor);
    server.createContext("/", this::handle);
    server.start();
  }

  private static HttpServer plain(InetSocketAddress address) throws IOException {
    return HttpServer.create(address, 500);
  }

  /**
   * A registry behind TLS.
   *
   * @param clientsCertified whether only clients with a certificate that the context trusts get in
   */
  public static SimulatedRegistry withTls(SSLContext context, boolean clientsCertified) {
    return new SimulatedRegistry(address -> {
      HttpsServer https = HttpsServer.create(address, 500);
      https.setHttpsConfigurator(
          new HttpsConfigurator(context) {
            @Override
            public void configure(HttpsParameters parameters) {
              SSLParameters chosen = context.getDefaultSSLParameters();
              chosen.setNeedClientAuth(clientsCertified);
              parameters.setSSLParameters(chosen);
            }
          });
      return https;
    });
  }

  private interface Opening {
    HttpServer open(InetSocketAddress address) throws IOException;
  }

  public int port() {
    return server.getAddress().getPort();
  }

  /** Host and port. */
  public String host() {
    return "127.0.0.1:" + server.getAddress().getPort();
  }

  public Reference reference(String nameAndTag) {
    return Reference.parse(host() + "/" + nameAndTag);
  }

  /** Makes the image pullable by tag and by digest. */
  public SimulatedRegistry push(String repository, String tag, TestImage image) {
    image.blobs().forEach((digest, blob) -> blobs.put(digest.toString(), blob));
    return pushManifest(repository, tag, image.manifestType(), image.manifest());
  }

  public SimulatedRegistry pushManifest(
      String repository, String tag, String type, byte[] manifest) {
    Content content = new Content(type, manifest);
    manifests.put(repository + "/" + tag, content);
    manifests.put(repository + "/" + Digest.of(manifest), content);
    return this;
  }

  public SimulatedRegistry pushBlob(Digest digest, byte[] content) {
    blobs.put(digest.toString(), content);
    return this;
  }

  /** Answers requests of this path, as {@code "GET /v2/..."}, in its own way. */
  public SimulatedRegistry on(String methodAndPath, HttpHandler handler) {
    overrides.put(methodAndPath, handler);
    return this;
  }

  public SimulatedRegistry forget(String methodAndPath) {
    overrides.remove(methodAndPath);
    return this;
  }

  /** Lets in only who shows this Authorization header; others get the challenge. */
  public SimulatedRegistry protect(String wwwAuthenticate, String expectedAuthorization) {
    challenge = wwwAuthenticate;
    authorization = expectedAuthorization;
    return this;
  }

  public SimulatedRegistry withoutRanges() {
    ranges = false;
    return this;
  }

  public List<Request> requests() {
    return List.copyOf(requests);
  }

  public long count(String methodAndPathPrefix) {
    return requests.stream()
        .filter(request -> request.line().startsWith(methodAndPathPrefix))
        .count();
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      String line = exchange.getRequestMethod() + " " + exchange.getRequestURI().getPath();
      String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
      requests.add(
          new Request(
              line,
              Optional.ofNullable(exchange.getRequestURI().getQuery()).orElse(""),
              Map.copyOf(exchange.getRequestHeaders()),
              body));
      HttpHandler override = overrides.get(line);
      if (override != null) {
        override.handle(exchange);
      } else if (isLetIn(exchange)) {
        answer(exchange);
      }
    }
  }

  private boolean isLetIn(HttpExchange exchange) throws IOException {
    if (challenge.isEmpty()
        || authorization.equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
      return true;
    }
    exchange.getResponseHeaders().set("WWW-Authenticate", challenge);
    send(exchange, 401, "application/json", error("UNAUTHORIZED", "authentication required"));
    return false;
  }

  private void answer(HttpExchange exchange) throws IOException {
    Matcher path = PATH.matcher(exchange.getRequestURI().getPath());
    if (!path.matches()) {
      send(exchange, 404, "text/plain", new byte[0]);
    } else if (path.group(2).equals("manifests")) {
      Content content = manifests.get(path.group(1) + "/" + path.group(3));
      if (content == null) {
        send(exchange, 404, "application/json", error("MANIFEST_UNKNOWN", "manifest unknown"));
      } else {
        exchange
            .getResponseHeaders()
            .set("Docker-Content-Digest", Digest.of(content.bytes()).toString());
        send(exchange, 200, content.type(), content.bytes());
      }
    } else {
      byte[] blob = blobs.get(path.group(3));
      if (blob == null) {
        send(exchange, 404, "application/json", error("BLOB_UNKNOWN", "blob unknown"));
      } else {
        sendBlob(exchange, blob);
      }
    }
  }

  /** Sends a blob, or the part of it that is asked for. */
  public void sendBlob(HttpExchange exchange, byte[] blob) throws IOException {
    String range = exchange.getRequestHeaders().getFirst("Range");
    if (range == null || !ranges) {
      send(exchange, 200, "application/octet-stream", blob);
      return;
    }
    int from = Integer.parseInt(range.replaceAll("bytes=([0-9]+)-", "$1"));
    exchange
        .getResponseHeaders()
        .set("Content-Range", "bytes %d-%d/%d".formatted(from, blob.length - 1, blob.length));
    exchange.sendResponseHeaders(206, blob.length - from);
    try (OutputStream out = exchange.getResponseBody()) {
      out.write(blob, from, blob.length - from);
    }
  }

  public static void send(HttpExchange exchange, int status, String type, byte[] body)
      throws IOException {
    exchange.getResponseHeaders().set("Content-Type", type);
    if (exchange.getRequestMethod().equals("HEAD")) {
      exchange.getResponseHeaders().set("Content-Length", Integer.toString(body.length));
      exchange.sendResponseHeaders(status, -1);
      return;
    }
    exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
    if (body.length > 0) {
      try (OutputStream out = exchange.getResponseBody()) {
        out.write(body);
      }
    }
  }

  /** Announces all of the body, sends the first part of what was asked for, and cuts. */
  public void sendCut(HttpExchange exchange, byte[] blob, int bytes) throws IOException {
    String range = exchange.getRequestHeaders().getFirst("Range");
    int from = range == null ? 0 : Integer.parseInt(range.replaceAll("bytes=([0-9]+)-", "$1"));
    if (from > 0) {
      exchange
          .getResponseHeaders()
          .set("Content-Range", "bytes %d-%d/%d".formatted(from, blob.length - 1, blob.length));
    }
    exchange.sendResponseHeaders(from > 0 ? 206 : 200, blob.length - from);
    exchange.getResponseBody().write(blob, from, Math.min(bytes, blob.length - from));
    exchange.getResponseBody().flush();
    // Leaving without the rest makes the server cut the connection.
    throw new IOException("cut on purpose");
  }

  public static byte[] error(String code, String message) {
    return """
    {"errors":[{"code":"%s","message":"%s"}]}\
    """
        .formatted(code, message)
        .getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public void close() {
    server.stop(0);
    executor.shutdownNow();
  }

  @SuppressWarnings("ArrayRecordComponent") // Test data, never compared.
  private record Content(String type, byte[] bytes) {}

  /** What somebody asked. */
  public record Request(String line, String query, Map<String, List<String>> headers, String body) {
    /** Empty where it was not sent. */
    public String header(String name) {
      return headers.entrySet().stream()
          .filter(entry -> entry.getKey().equalsIgnoreCase(name))
          .map(entry -> entry.getValue().get(0))
          .findFirst()
          .orElse("");
    }
  }
}
