package dev.beagle.runtime.testing;

import static org.assertj.core.api.Assumptions.assumeThat;

import java.nio.file.Path;
import java.util.Objects;

/** The guest's kernel and initramfs. A test that needs them is skipped where they are missing. */
public record GuestImage(Path folder) {
  /** Where BEAGLE_GUEST_IMAGE says, else where the build leaves it. */
  public static GuestImage require() {
    Path folder =
        Path.of(
            Objects.requireNonNullElse(
                System.getenv("BEAGLE_GUEST_IMAGE"), "../guest-image/target/guest"));
    GuestImage image = new GuestImage(folder.toAbsolutePath());
    assumeThat(image.kernel()).as("the guest image is built (./beagle test hvf does it)").exists();
    return image;
  }

  public Path kernel() {
    return folder.resolve("Image");
  }

  public Path initramfs() {
    return folder.resolve("initramfs");
  }
}
