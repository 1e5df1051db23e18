package dev.beagle.runtime.pod;

/** A pod's name as Kubernetes makes it unique: one live or dead sandbox per value. */
public record SandboxName(String name, String namespace, String uid, int attempt) {
  @Override
  public String toString() {
    return name + "_" + namespace + "_" + uid + "_" + attempt;
  }
}
