package dev.beagle.runtime.microvm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.host.HostPlatform;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class MicroVmRequirementsTest {
  private static final HostPlatform LINUX = new HostPlatform("Linux", "amd64");
  private static final HostPlatform MAC = new HostPlatform("Mac OS X", "aarch64");

  @TempDir private Path folder;

  private Path file(String name, String content) throws IOException {
    return Files.writeString(folder.resolve(name), content);
  }

  private String problem(HostPlatform platform, Optional<Path> library) {
    return MicroVmRequirements.problem(platform, Optional.of(folder), library);
  }

  @Test
  void aMacNeedsTheGuestImageAlone() throws IOException {
    assertThat(MicroVmRequirements.problem(MAC, Optional.empty(), Optional.empty()))
        .contains("sandbox.guestImage");
    file("Image", "kernel");
    file("initramfs", "files");
    assertThat(problem(MAC, Optional.empty())).isEmpty();
  }

  @Test
  void linuxNeedsWhatStandsInForTheFramework() throws IOException {
    file("Image", "kernel");
    file("initramfs", "files");
    assertThat(problem(LINUX, Optional.empty())).contains("sandbox.hypervisorLibrary");
    assertThat(problem(LINUX, Optional.of(folder.resolve("none.so"))))
        .contains("none.so")
        .contains("sandbox.hypervisorLibrary");
    assertThat(problem(LINUX, Optional.of(file("libhvsim.so", "library")))).isEmpty();
  }

  @Test
  void aGuestImageThatIsNotThereIsToldFromOneThatIsDamaged() throws IOException {
    assertThat(problem(MAC, Optional.empty())).contains("there is no guest image in " + folder);
    file("Image", "kernel");
    assertThat(problem(MAC, Optional.empty()))
        .isEqualTo(
            "the guest image in %s is damaged: initramfs is missing or empty (sandbox.guestImage)"
                .formatted(folder));
    file("initramfs", "files");
    file("scratch.img", "");
    assertThat(problem(MAC, Optional.empty())).contains("scratch.img is missing or empty");
  }
}
