package dev.beagle.e2e;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Properties;
import org.junit.jupiter.api.Tag;

/**
 * A class of tests on a node whose pods are micro-VMs, here on hv-sim. Only the suite {@code hvf}
 * runs them: it builds hv-sim and the guest image first.
 */
@Tag("hvf")
abstract class HvfNodeIT extends NodeIT {
  @Override
  String configuration(Prepared prepared) {
    return """
    sandbox:
      default: hvf
      guestImage: %s
      hypervisorLibrary: %s
    """
        .formatted(guestImage(prepared), library(prepared));
  }

  /** Where BEAGLE_GUEST_IMAGE says, else where the build leaves it. */
  static Path guestImage(Prepared prepared) {
    Path folder =
        prepared
            .module()
            .resolve(
                Objects.requireNonNullElse(
                    System.getenv("BEAGLE_GUEST_IMAGE"), "../guest-image/target/guest"))
            .toAbsolutePath()
            .normalize();
    assumeTrue(
        Files.exists(folder.resolve("Image")), "hvf skipped: there is no guest image in " + folder);
    return folder;
  }

  static Path library(Prepared prepared) {
    Path file = prepared.module().resolve("../runtime-darwin/target/hv-sim/hv-sim.properties");
    Properties made = new Properties();
    try (Reader reader = Files.newBufferedReader(file)) {
      made.load(reader);
    } catch (IOException e) {
      made.setProperty("missing.library", "hv-sim/prepare.sh has not run: " + e.getMessage());
    }
    String missing = made.getProperty("missing.library");
    assumeTrue(missing == null, "hvf skipped: " + missing);
    return Path.of(made.getProperty("library"));
  }

  /** The processes of machines, one each. */
  static List<Processes.Seen> machines() {
    return Processes.matching(seen -> seen.command().contains(".launch.MachineMain "));
  }
}
