package dev.beagle.image.registry;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.image.registry.Endpoint.Capability;
import dev.beagle.image.registry.HostsToml.HostEntry;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Finds the endpoints of a registry, after containerd's {@code config_path}: {@code
 * DIR/HOST/hosts.toml} (a host with a port may also be written {@code HOST_PORT_}), then {@code
 * DIR/_default/hosts.toml}, then the registry's own address. Files are read at each pull, so that a
 * change needs no restart. Immutable.
 */
final class RegistryHosts {
  private static final Pattern LOOPBACK =
      Pattern.compile("(?:localhost|127(?:\\.[0-9]{1,3}){3}|\\[::1])(?::([0-9]+))?");
  private static final String DEFAULT_FOLDER = "_default";
  private static final String DOCKER_HUB = "docker.io";
  private static final String DOCKER_HUB_HOST = "registry-1.docker.io";
  private static final Set<Capability> ALL =
      EnumSet.of(Capability.PULL, Capability.RESOLVE, Capability.PUSH);
  private static final long MAX_FILE = 1 << 20;

  private final Optional<Path> configPath;

  RegistryHosts(Optional<Path> configPath) {
    this.configPath = configPath;
  }

  /**
   * Where to ask for images of the registry, in this order.
   *
   * @throws Failure INVALID_ARGUMENT naming the file and key that cannot be used
   */
  List<Endpoint> endpoints(String registry) {
    Optional<Path> folder = configPath.flatMap(root -> folderOf(root, registry));
    List<HostEntry> entries =
        folder.isPresent() ? read(folder.get()) : List.of(HostEntry.unnamed(TlsSettings.SYSTEM));
    // What the file of all registries says of a server makes it nobody's own.
    Optional<Origin> server =
        folder.filter(found -> !found.endsWith(DEFAULT_FOLDER)).isPresent()
            ? entries.getLast().base().map(Origin::of)
            : Optional.empty();
    List<Endpoint> endpoints = new ArrayList<>();
    for (HostEntry entry : entries) {
      endpoints.add(
          entry.base().isPresent() ? configured(entry, registry, server) : own(entry, registry));
    }
    return endpoints;
  }

  /** Whether a host, with a port or without, names this machine whatever the network says. */
  static boolean isLoopback(String host) {
    return LOOPBACK.matcher(host).matches();
  }

  private static Optional<Path> folderOf(Path root, String registry) {
    List<String> names = new ArrayList<>();
    int colon = registry.lastIndexOf(':');
    if (colon > 0 && !registry.endsWith("]")) {
      names.add(registry.substring(0, colon) + "_" + registry.substring(colon + 1) + "_");
    }
    names.add(registry);
    names.add(DEFAULT_FOLDER);
    return names.stream().map(root::resolve).filter(Files::isDirectory).findFirst();
  }

  private static List<HostEntry> read(Path folder) {
    Path file = folder.resolve("hosts.toml");
    try {
      if (!Files.exists(file)) {
        return List.of(HostEntry.unnamed(CertificateFolder.read(folder)));
      }
      if (Files.size(file) > MAX_FILE) {
        throw Failure.invalidArgument(file + " is larger than " + MAX_FILE + " bytes");
      }
      return HostsToml.parse(Files.readString(file), file);
    } catch (IOException error) {
      throw Failure.of(FailureKind.INVALID_ARGUMENT, file + " cannot be read: " + error, error);
    }
  }

  private static Endpoint configured(HostEntry entry, String registry, Optional<Origin> server) {
    URI base = entry.base().orElseThrow();
    boolean itself =
        base.getAuthority().equals(registry)
            || (registry.equals(DOCKER_HUB) && base.getAuthority().equals(DOCKER_HUB_HOST));
    return new Endpoint(
        base,
        entry.capabilities(),
        entry.tls(),
        entry.headers(),
        itself ? "" : registry,
        itself || server.equals(Optional.of(Origin.of(base))));
  }

  /** The registry's own address, with what the file says at its top level. */
  private static Endpoint own(HostEntry entry, String registry) {
    if (registry.equals(DOCKER_HUB)) {
      return new Endpoint(
          URI.create("https://" + DOCKER_HUB_HOST + "/v2"),
          ALL,
          entry.tls(),
          entry.headers(),
          "",
          true);
    }
    var loopback = LOOPBACK.matcher(registry);
    if (!loopback.matches()) {
      return new Endpoint(
          URI.create("https://" + registry + "/v2"), ALL, entry.tls(), entry.headers(), "", true);
    }
    String port = loopback.group(1);
    boolean tls = port == null || port.equals("443");
    return new Endpoint(
        URI.create((tls ? "https://" : "http://") + registry + "/v2"),
        ALL,
        "80".equals(port) ? entry.tls() : entry.tls().skippingVerification(),
        entry.headers(),
        "",
        true);
  }
}
