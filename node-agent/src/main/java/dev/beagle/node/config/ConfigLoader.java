package dev.beagle.node.config;

import dev.beagle.failure.Failure;
import dev.beagle.node.config.NodeConfig.ImagesConfig;
import dev.beagle.node.config.NodeConfig.LogConfig;
import dev.beagle.node.config.NodeConfig.NetworkConfig;
import dev.beagle.node.config.NodeConfig.ProxyEnvironment;
import dev.beagle.node.config.NodeConfig.RegistryConfig;
import dev.beagle.node.config.NodeConfig.SandboxConfig;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/** Command line over file over defaults. Immutable. */
public final class ConfigLoader {
  private static final long MAX_FILE_BYTES = 1 << 20;

  /** Below RUN: the longest socket path of ours, {@code /p/SANDBOX-ID-SHORT/agent.sock}. */
  private static final int SOCKET_ROOM = 40;

  private final Host host;

  public ConfigLoader(Host host) {
    this.host = host;
  }

  /**
   * @param file the YAML file of {@code --config}
   * @param root the value of {@code --root}; may be relative to the working folder
   * @param run the value of {@code --run}; may be relative to the working folder
   * @throws Failure NOT_FOUND or DENIED for a file that cannot be read, INVALID_ARGUMENT naming
   *     file, line and key for what is wrong in it
   */
  public NodeConfig load(Optional<Path> file, Optional<Path> root, Optional<Path> run) {
    ConfigFile set =
        file.map(path -> ConfigFile.parse(path.toString(), read(path)))
            .orElseGet(() -> ConfigFile.parse("defaults", ""));
    Path runFolder = run.map(this::absolute).orElseGet(() -> value(set, ConfigKeys.RUN));
    requireShort(runFolder);
    return new NodeConfig(
        root.map(this::absolute).orElseGet(() -> value(set, ConfigKeys.ROOT)),
        runFolder,
        new SandboxConfig(
            value(set, ConfigKeys.SANDBOX_DEFAULT),
            value(set, ConfigKeys.OCI_RUNTIME),
            value(set, ConfigKeys.GUEST_IMAGE),
            value(set, ConfigKeys.HYPERVISOR_LIBRARY)),
        new NetworkConfig(value(set, ConfigKeys.POD_CIDR), value(set, ConfigKeys.HOST_INTERFACE)),
        new RegistryConfig(
            value(set, ConfigKeys.REGISTRY_CONFIG_PATH), ProxyEnvironment.of(host.environment())),
        new ImagesConfig(value(set, ConfigKeys.MAX_LAYER_BYTES)),
        new LogConfig(value(set, ConfigKeys.LOG_LEVEL)));
  }

  private <T> T value(ConfigFile set, ConfigKey<T> key) {
    return set.find(key).orElseGet(() -> key.defaultValue().apply(host));
  }

  private Path absolute(Path path) {
    return host.workingFolder().resolve(path).normalize();
  }

  private void requireShort(Path run) {
    int limit = host.socketPathLimit() - SOCKET_ROOM;
    int length = run.toString().getBytes(StandardCharsets.UTF_8).length;
    if (length > limit) {
      throw Failure.invalidArgument(
          "run folder "
              + run
              + ": its path has "
              + length
              + " bytes and may have "
              + limit
              + " (paths of Unix sockets are short); choose a shorter one with --run");
    }
  }

  private String read(Path path) {
    Path file = absolute(path);
    try {
      if (Files.size(file) > MAX_FILE_BYTES) {
        throw Failure.invalidArgument(path + ": larger than 1 MiB, not a configuration file");
      }
      return Files.readString(file);
    } catch (NoSuchFileException missing) {
      throw Failure.notFound("configuration file", path);
    } catch (MalformedInputException binary) {
      throw Failure.invalidArgument(path + ": not UTF-8 text");
    } catch (IOException unreadable) {
      throw Failure.denied(path + ": cannot be read: " + unreadable.getMessage());
    }
  }
}
