package dev.beagle.runtime.pod;

import java.util.List;
import java.util.Map;

/**
 * What a client asked a container to be. Immutable, written to its record. What is empty here comes
 * from the image: command, working directory, user, stop signal.
 *
 * @param imageId the image's id ({@code sha256:...} of its config)
 * @param imageName the image as the client named it
 * @param logPath relative to the sandbox's log directory; empty for no log
 * @param stopSignal a name like {@code SIGTERM} or {@code SIGRTMIN+3}; empty for the image's
 */
public record ContainerSpec(
    ContainerName name,
    String imageId,
    String imageName,
    List<String> command,
    List<String> args,
    List<EnvironmentVariable> environment,
    String workingDirectory,
    List<FolderMount> mounts,
    Map<String, String> labels,
    Map<String, String> annotations,
    String logPath,
    boolean stdin,
    boolean stdinOnce,
    boolean tty,
    String stopSignal,
    SecuritySpec security,
    ResourceSpec resources) {
  public ContainerSpec {
    command = List.copyOf(command);
    args = List.copyOf(args);
    environment = List.copyOf(environment);
    mounts = List.copyOf(mounts);
    labels = Map.copyOf(labels);
    annotations = Map.copyOf(annotations);
  }
}
