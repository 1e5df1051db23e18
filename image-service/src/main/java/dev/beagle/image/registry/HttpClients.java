package dev.beagle.image.registry;

import java.net.http.HttpClient;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * The HTTP clients of one pull, one per kind of TLS settings, made when first needed so that
 * changed certificates are seen by the next pull. Thread-safe.
 */
final class HttpClients implements AutoCloseable {
  private final Duration connectTimeout;
  private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
  private final Map<TlsSettings, HttpClient> clients = new HashMap<>();

  HttpClients(Duration connectTimeout) {
    this.connectTimeout = connectTimeout;
  }

  synchronized HttpClient with(TlsSettings tls) {
    return clients.computeIfAbsent(tls, this::create);
  }

  private HttpClient create(TlsSettings tls) {
    HttpClient.Builder builder =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(connectTimeout)
            .executor(executor);
    if (!tls.equals(TlsSettings.SYSTEM)) {
      builder.sslContext(TlsContexts.create(tls));
    }
    return builder.build();
  }

  @Override
  public synchronized void close() {
    clients.values().forEach(HttpClient::shutdownNow);
    clients.clear();
    executor.shutdownNow();
  }
}
