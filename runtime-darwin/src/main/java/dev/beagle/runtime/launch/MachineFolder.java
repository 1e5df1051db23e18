package dev.beagle.runtime.launch;

import dev.beagle.failure.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/** The names of what a machine keeps in its folder. */
record MachineFolder(Path path) {
  /** What macOS takes as the path of a socket, without its zero. */
  private static final int LONGEST_PATH = 103;

  Path lock() {
    return path.resolve("lock");
  }

  Path controlSocket() {
    return path.resolve("vm.sock");
  }

  /** Where the daemon connects to the guest's agent. */
  Path agentSocket() {
    return path.resolve("agent.sock");
  }

  Path console() {
    return path.resolve("console.log");
  }

  Path previousConsole() {
    return path.resolve("console.log.1");
  }

  /** What the process itself says: of its JVM, and in case of a defect. */
  Path log() {
    return path.resolve("machine.log");
  }

  /** See {@link Timeline}. */
  Path timeline() {
    return path.resolve("timeline");
  }

  Path end() {
    return path.resolve("end");
  }

  /** Makes it, for nobody else to look into. */
  void prepare() throws IOException {
    if (controlSocket().toString().length() > LONGEST_PATH) {
      throw Failure.invalidArgument(
          "folder %s is too long a path for a socket; use one of up to 90 characters"
              .formatted(path));
    }
    Files.createDirectories(path);
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwx------"));
  }

  /**
   * For the machine's process, which does not make it: whoever started it may be dead, and the next
   * daemon may have found nobody here yet and have cleaned up.
   *
   * @throws Failure WRONG_STATE
   */
  void requirePresent() {
    if (!Files.isDirectory(path)) {
      throw Failure.wrongState("folder %s is gone: nobody waits for this machine".formatted(path));
    }
  }
}
