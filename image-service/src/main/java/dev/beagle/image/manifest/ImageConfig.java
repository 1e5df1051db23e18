package dev.beagle.image.manifest;

import dev.beagle.image.reference.Digest;
import dev.beagle.image.reference.Platform;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * An image's config (OCI image-spec, config.md). Text that is not set is empty.
 *
 * @param user {@code user}, {@code uid}, {@code user:group} or {@code uid:gid}
 * @param environment entries {@code NAME=value}
 * @param stopSignal a number or a name with or without SIG
 * @param volumes paths in the container
 * @param exposedPorts for instance {@code 80/tcp}
 * @param diffIds digests of the uncompressed layers, lowest first
 */
public record ImageConfig(
    Platform platform,
    Optional<Instant> created,
    String user,
    List<String> environment,
    List<String> entrypoint,
    List<String> command,
    String workingDirectory,
    String stopSignal,
    List<String> volumes,
    List<String> exposedPorts,
    Map<String, String> labels,
    List<Digest> diffIds) {
  public ImageConfig {
    environment = List.copyOf(environment);
    entrypoint = List.copyOf(entrypoint);
    command = List.copyOf(command);
    volumes = List.copyOf(volumes);
    exposedPorts = List.copyOf(exposedPorts);
    labels = Map.copyOf(labels);
    diffIds = List.copyOf(diffIds);
  }
}
