package dev.beagle.node.demo;

import java.nio.file.Path;
import java.util.Optional;

/**
 * What the demo's pod runs in.
 *
 * @param kind sandbox kind; empty for the best that runs here
 * @param guestImage what micro-VMs boot
 * @param hypervisorLibrary what stands in for Hypervisor.framework
 */
public record DemoSandbox(
    String kind, Optional<Path> guestImage, Optional<Path> hypervisorLibrary) {

  /** As a part of the daemon's configuration; empty where there is nothing to say. */
  String yaml() {
    StringBuilder yaml = new StringBuilder();
    if (!kind.isEmpty()) {
      yaml.append(key("default", kind));
    }
    guestImage.ifPresent(path -> yaml.append(key("guestImage", path.toString())));
    hypervisorLibrary.ifPresent(path -> yaml.append(key("hypervisorLibrary", path.toString())));
    return yaml.isEmpty() ? "" : "sandbox:\n" + yaml;
  }

  private static String key(String name, String value) {
    return "  %s: '%s'\n".formatted(name, value.replace("'", "''"));
  }
}
