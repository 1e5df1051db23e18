package dev.beagle.runtime.pod;

import java.util.List;

/**
 * A container's process with the image's part merged in.
 *
 * @param args never empty
 * @param additionalGroups with the primary group
 * @param stopSignal a Linux signal number, 1 to 64
 */
public record ResolvedProcess(
    List<String> args,
    List<String> environment,
    String workingDirectory,
    long uid,
    long gid,
    List<Long> additionalGroups,
    int stopSignal) {
  public ResolvedProcess {
    args = List.copyOf(args);
    environment = List.copyOf(environment);
    additionalGroups = List.copyOf(additionalGroups);
  }
}
