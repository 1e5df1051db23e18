package dev.beagle.image.registry;

import java.io.IOException;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * The HTTP clients of one pull, one per kind of TLS settings, made when first needed so that
 * changed certificates are seen by the next pull. Thread-safe.
 */
final class HttpClients implements AutoCloseable {
  static {
    // The JDK sends no passwords of Basic authentication to a proxy of https unless told so, and
    // reads this once. Who puts them into HTTPS_PROXY wants them sent, as by every other program.
    System.setProperty("jdk.http.auth.tunneling.disabledSchemes", "");
  }

  private final Duration connectTimeout;
  private final ProxySelector proxies;
  private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
  private final Map<TlsSettings, HttpClient> clients = new HashMap<>();

  HttpClients(Duration connectTimeout, ProxySettings proxies) {
    this.connectTimeout = connectTimeout;
    this.proxies = new Selector(proxies);
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
            .proxy(proxies)
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

  private static final class Selector extends ProxySelector {
    private final ProxySettings proxies;

    Selector(ProxySettings proxies) {
      this.proxies = proxies;
    }

    @Override
    public List<Proxy> select(URI uri) {
      return List.of(
          proxies
              .forUri(uri)
              .map(server -> new Proxy(Proxy.Type.HTTP, server.address()))
              .orElse(Proxy.NO_PROXY));
    }

    @Override
    public void connectFailed(URI uri, SocketAddress address, IOException error) {
      // The request fails with it.
    }
  }
}
