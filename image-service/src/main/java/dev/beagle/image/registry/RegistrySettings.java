package dev.beagle.image.registry;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * How registries are reached.
 *
 * @param configPath folder of {@code HOST/hosts.toml} files as containerd reads them
 * @param connectTimeout for a TCP connection
 * @param answerTimeout until the headers of an answer have come
 * @param idleTimeout without a byte of a body before it counts as cut
 * @param documentTimeout until a manifest, an index, a config or a token is here as a whole
 * @param attempts how often a call is made before its last failure stands
 * @param backoff before the second attempt; doubles with each further one
 * @param proxies that registries and token servers are reached through
 */
public record RegistrySettings(
    Optional<Path> configPath,
    Duration connectTimeout,
    Duration answerTimeout,
    Duration idleTimeout,
    Duration documentTimeout,
    int attempts,
    Duration backoff,
    ProxySettings proxies) {
  public static RegistrySettings defaults() {
    return new RegistrySettings(
        Optional.empty(),
        Duration.ofSeconds(15),
        Duration.ofSeconds(30),
        Duration.ofSeconds(60),
        Duration.ofMinutes(2),
        4,
        Duration.ofMillis(200),
        ProxySettings.NONE);
  }

  public RegistrySettings withConfigPath(Path folder) {
    return new RegistrySettings(
        Optional.of(folder),
        connectTimeout,
        answerTimeout,
        idleTimeout,
        documentTimeout,
        attempts,
        backoff,
        proxies);
  }

  public RegistrySettings withProxies(ProxySettings changed) {
    return new RegistrySettings(
        configPath,
        connectTimeout,
        answerTimeout,
        idleTimeout,
        documentTimeout,
        attempts,
        backoff,
        changed);
  }
}
