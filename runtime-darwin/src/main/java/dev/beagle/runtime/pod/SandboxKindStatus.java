package dev.beagle.runtime.pod;

/**
 * A sandbox kind and whether it can run here.
 *
 * @param name as in CRI's runtime_handler
 * @param problem why it cannot run and the way out; empty when it can
 */
public record SandboxKindStatus(String name, String problem) {
  public boolean usable() {
    return problem.isEmpty();
  }
}
