package dev.beagle.runtime.pod;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * A further process in a running container, with the container's environment, user, capabilities
 * and working directory.
 *
 * @param timeLimit after which the process is killed; absent for none
 */
public record ExecSpec(
    List<String> command,
    boolean tty,
    boolean stdin,
    boolean stdout,
    boolean stderr,
    Optional<Duration> timeLimit) {
  public ExecSpec {
    command = List.copyOf(command);
    if (command.isEmpty()) {
      throw new IllegalArgumentException("exec without a command");
    }
  }
}
