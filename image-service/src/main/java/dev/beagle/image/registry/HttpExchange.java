package dev.beagle.image.registry;

import dev.beagle.failure.Failure;
import dev.beagle.image.registry.ProxySettings.ProxyServer;
import dev.beagle.time.Time;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.Optional;

/** Sends single requests and nothing around them. Thread-safe. */
final class HttpExchange {
  private final HttpClients clients;
  private final RegistrySettings settings;
  private final Time time;

  HttpExchange(HttpClients clients, RegistrySettings settings, Time time) {
    this.clients = clients;
    this.settings = settings;
    this.time = time;
  }

  /**
   * @throws Failure CANCELLED where the thread was interrupted
   */
  RegistryResponse send(TlsSettings tls, HttpRequest.Builder request) throws IOException {
    Duration idle = settings.idleTimeout();
    request.timeout(settings.answerTimeout()).setHeader("User-Agent", "beagle");
    Optional<ProxyServer> proxy = settings.proxies().forUri(request.build().uri());
    // The client shows it to the proxy only, never through a tunnel to the server.
    proxy
        .map(ProxyServer::authorization)
        .filter(value -> !value.isEmpty())
        .ifPresent(value -> request.setHeader("Proxy-Authorization", value));
    try {
      return RegistryResponse.of(
          clients.with(tls).send(request.build(), _ -> new ResponseBody(idle, time)),
          settings.documentTimeout());
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw Failure.cancelled("interrupted while waiting for a registry");
    }
  }
}
