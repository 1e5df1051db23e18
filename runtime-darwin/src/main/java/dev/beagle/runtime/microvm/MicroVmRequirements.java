package dev.beagle.runtime.microvm;

import dev.beagle.host.HostPlatform;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** What a host must have before a machine can be tried. */
public final class MicroVmRequirements {
  /** A machine does without the last one where it is not there. */
  private static final List<String> FILES = List.of("Image", "initramfs", "scratch.img");

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
    Path folder = guest.get();
    if (!Files.isRegularFile(folder.resolve("Image"))) {
      return "there is no guest image in %s (sandbox.guestImage)".formatted(folder);
    }
    return FILES.stream()
        .filter(name -> !isWhole(folder.resolve(name)))
        .map(name ->
            "the guest image in %s is damaged: %s is missing or empty (sandbox.guestImage)"
                .formatted(folder, name))
        .findFirst()
        .orElse("");
  }

  private static boolean isWhole(Path file) {
    try {
      boolean spared = file.endsWith("scratch.img") && Files.notExists(file);
      return spared || (Files.isRegularFile(file) && Files.size(file) > 0);
    } catch (IOException gone) {
      return false;
    }
  }
}
