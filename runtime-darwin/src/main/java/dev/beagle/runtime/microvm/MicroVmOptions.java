package dev.beagle.runtime.microvm;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What all machines of a node are made of.
 *
 * @param folder where each machine has a folder, short enough for sockets
 * @param disks where each machine's disk is, with room for what containers write
 * @param guest the guest image: {@code Image}, {@code initramfs} and {@code scratch.img}
 * @param portSocket the switch's socket for ports
 * @param library that exports the ABI of Hypervisor.framework; the framework itself where empty
 * @param command how to run a machine's process, up to its arguments
 */
public record MicroVmOptions(
    Path folder,
    Path disks,
    Path guest,
    Path portSocket,
    Optional<Path> library,
    List<String> command) {
  public MicroVmOptions {
    command = List.copyOf(command);
  }

  Path kernel() {
    return guest.resolve("Image");
  }

  /**
   * An empty disk, of which each machine gets a copy; a machine does without where it is missing.
   */
  Path scratchTemplate() {
    return guest.resolve("scratch.img");
  }

  Path initramfs() {
    return guest.resolve("initramfs");
  }
}
