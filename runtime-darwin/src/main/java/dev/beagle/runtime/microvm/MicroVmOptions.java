package dev.beagle.runtime.microvm;

import dev.beagle.failure.Failure;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What all machines of a node are made of.
 *
 * @param folder where each machine has a folder, short enough for sockets
 * @param disks where each machine's disk is, with room for what containers write
 * @param guest the guest image: {@code Image}, {@code initramfs} and {@code scratch.img}; needed
 *     for new machines only
 * @param portSocket the switch's socket for ports
 * @param library that exports the ABI of Hypervisor.framework; the framework itself where empty
 * @param command how to run a machine's process, up to its arguments
 */
public record MicroVmOptions(
    Path folder,
    Path disks,
    Optional<Path> guest,
    Path portSocket,
    Optional<Path> library,
    List<String> command) {
  public MicroVmOptions {
    command = List.copyOf(command);
  }

  Path kernel() {
    return file("Image");
  }

  /**
   * An empty disk, of which each machine gets a copy; a machine does without where it is missing.
   */
  Path scratchTemplate() {
    return file("scratch.img");
  }

  Path initramfs() {
    return file("initramfs");
  }

  private Path file(String name) {
    return guest
        .orElseThrow(() -> Failure.unavailable("there is no guest image to boot"))
        .resolve(name);
  }
}
