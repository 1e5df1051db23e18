package dev.beagle.e2e;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Collection;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;

/**
 * A door before the registry that wants a bearer token, and the server that gives it: the
 * distribution project's token protocol.
 */
record TokenRegistry(
    HttpServer server,
    HttpClient client,
    String upstream,
    Set<String> tokens,
    Collection<String> scopes)
    implements AutoCloseable {
  static TokenRegistry start(int port, int upstreamPort) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 100);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    TokenRegistry registry =
        new TokenRegistry(
            server,
            HttpClient.newHttpClient(),
            "http://127.0.0.1:" + upstreamPort,
            ConcurrentHashMap.newKeySet(),
            new ConcurrentLinkedQueue<>());
    server.createContext("/token", registry::giveToken);
    server.createContext("/v2/", registry::forward);
    server.start();
    return registry;
  }

  void mirror(Path hosts) throws IOException {
    String address = "127.0.0.1:" + server.getAddress().getPort();
    Path folder = Files.createDirectories(hosts.resolve(address));
    Files.writeString(folder.resolve("hosts.toml"), "server = \"http://" + address + "\"\n");
  }

  private void giveToken(HttpExchange exchange) throws IOException {
    String expected =
        Base64.getEncoder()
            .encodeToString(
                (Registry.USER + ":" + Registry.PASSWORD).getBytes(StandardCharsets.UTF_8));
    if (!("Basic " + expected).equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
      answer(exchange, 401, "{\"details\":\"who are you\"}");
      return;
    }
    for (String parameter : exchange.getRequestURI().getRawQuery().split("&", -1)) {
      if (parameter.startsWith("scope=")) {
        scopes.add(
            URLDecoder.decode(parameter.substring("scope=".length()), StandardCharsets.UTF_8));
      }
    }
    String token = UUID.randomUUID().toString();
    tokens.add(token);
    answer(exchange, 200, "{\"token\":\"" + token + "\",\"expires_in\":60}");
  }

  private void forward(HttpExchange exchange) throws IOException {
    String authorization = exchange.getRequestHeaders().getFirst("Authorization");
    if (authorization == null
        || !authorization.startsWith("Bearer ")
        || !tokens.contains(authorization.substring("Bearer ".length()))) {
      String realm = "http://127.0.0.1:" + server.getAddress().getPort() + "/token";
      String repository =
          exchange.getRequestURI().getPath().replaceFirst("/v2/(.*)/(manifests|blobs)/.*", "$1");
      exchange
          .getResponseHeaders()
          .set(
              "WWW-Authenticate",
              "Bearer realm=\""
                  + realm
                  + "\",service=\"e2e\",scope=\"repository:"
                  + repository
                  + ":pull\"");
      answer(exchange, 401, "{\"errors\":[{\"code\":\"UNAUTHORIZED\"}]}");
      return;
    }
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(upstream + exchange.getRequestURI()))
            .method(exchange.getRequestMethod(), HttpRequest.BodyPublishers.noBody());
    exchange
        .getRequestHeaders()
        .getOrDefault("Accept", java.util.List.of())
        .forEach(type -> request.header("Accept", type));
    try {
      HttpResponse<InputStream> response =
          client.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
      try (InputStream body = response.body()) {
        for (String name :
            java.util.List.of("Content-Type", "Docker-Content-Digest", "Content-Length")) {
          response
              .headers()
              .firstValue(name)
              .ifPresent(value -> exchange.getResponseHeaders().set(name, value));
        }
        boolean head = exchange.getRequestMethod().equals("HEAD");
        exchange.sendResponseHeaders(
            response.statusCode(),
            head ? -1 : response.headers().firstValueAsLong("Content-Length").orElse(0));
        if (!head) {
          body.transferTo(exchange.getResponseBody());
        }
      }
      exchange.close();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }

  private static void answer(HttpExchange exchange, int status, String json) throws IOException {
    byte[] body = json.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    boolean head = exchange.getRequestMethod().equals("HEAD");
    exchange.sendResponseHeaders(status, head ? -1 : body.length);
    if (!head) {
      exchange.getResponseBody().write(body);
    }
    exchange.close();
  }

  @Override
  public void close() {
    server.stop(0);
    client.close();
  }
}
