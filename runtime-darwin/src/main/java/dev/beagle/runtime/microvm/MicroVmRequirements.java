package dev.beagle.runtime.microvm;

import dev.beagle.host.HostPlatform;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** What a host must have before a machine can be tried. */
public final class MicroVmRequirements {
  private MicroVmRequirements() {}

  /**
   * What is missing, in one sentence; empty where a machine can be tried.
   *
   * @param guest the folder of the guest image
   * @param library what stands in for Hypervisor.framework
   */
  public static String problem(
      HostPlatform platform, Optional<Path> guest, Optional<Path> library) {
    if (platform.linux() && library.isEmpty()) {
      return "Hypervisor.framework is a part of macOS; hv-sim can stand in"
          + " (sandbox.hypervisorLibrary)";
    }
    if (library.filter(file -> !Files.isRegularFile(file)).isPresent()) {
      return "there is no file %s (sandbox.hypervisorLibrary)".formatted(library.get());
    }
    if (guest.isEmpty()) {
      return "no guest image is configured (sandbox.guestImage)";
    }
    return Files.isRegularFile(guest.get().resolve("Image"))
        ? ""
        : "there is no guest image in %s (sandbox.guestImage)".formatted(guest.get());
  }
}
