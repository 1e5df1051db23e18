package dev.beagle.node.config;

import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Everything a node can be told, checked and with its defaults filled in. Made by {@link
 * ConfigLoader}; the keys, their defaults and their meaning stand in {@link ConfigKeys}.
 *
 * @param root images and what survives a reboot; absolute
 * @param run sockets, records of what runs; absolute, short enough for a socket's path
 */
public record NodeConfig(
    Path root,
    Path run,
    SandboxConfig sandbox,
    NetworkConfig network,
    RegistryConfig registry,
    ImagesConfig images,
    LogConfig log) {

  /**
   * @param defaultKind the sandbox kind for pods that name none; empty for the best that runs here
   * @param ociRuntime what makes containers on a Linux host: {@code crun}, {@code runc} or an
   *     absolute path
   * @param guestImage folder with what micro-VMs boot
   * @param hypervisorLibrary what stands in for Hypervisor.framework
   */
  public record SandboxConfig(
      String defaultKind,
      String ociRuntime,
      Optional<Path> guestImage,
      Optional<Path> hypervisorLibrary) {}

  /**
   * @param podCidr the IPv4 network that pods get their addresses from
   * @param hostInterface whether the host has an interface on the pod network (a TAP and a route),
   *     so that it can dial pod addresses
   */
  public record NetworkConfig(String podCidr, boolean hostInterface) {}

  /**
   * @param configPath folder with {@code HOST/hosts.toml} as containerd reads them; absent for none
   * @param proxy of the environment; the file has no key for it, as containerd has none
   */
  public record RegistryConfig(Optional<Path> configPath, ProxyEnvironment proxy) {}

  /**
   * The environment's proxy variables as they are, empty where not set. May hold a password.
   *
   * @param http {@code HTTP_PROXY}
   * @param https {@code HTTPS_PROXY}
   * @param exceptions {@code NO_PROXY}
   */
  public record ProxyEnvironment(String http, String https, String exceptions) {
    static ProxyEnvironment of(Map<String, String> environment) {
      return new ProxyEnvironment(
          either(environment, "HTTP_PROXY"),
          either(environment, "HTTPS_PROXY"),
          either(environment, "NO_PROXY"));
    }

    /** In capitals or, where that is not set, in small letters, as Go reads them. */
    private static String either(Map<String, String> environment, String name) {
      String capitals = environment.getOrDefault(name, "");
      return capitals.isEmpty()
          ? environment.getOrDefault(name.toLowerCase(Locale.ROOT), "")
          : capitals;
    }

    @Override
    public String toString() {
      return "proxy settings";
    }
  }

  /**
   * @param maxLayerBytes the most bytes one layer may unpack to
   */
  public record ImagesConfig(long maxLayerBytes) {}

  /**
   * @param level the least severe level that is logged
   */
  public record LogConfig(LogLevel level) {}

  /** SLF4J's levels, most severe first. */
  public enum LogLevel {
    ERROR,
    WARN,
    INFO,
    DEBUG
  }

  /** Where the CRI is served. */
  public Path criSocket() {
    return run.resolve("cri.sock");
  }
}
