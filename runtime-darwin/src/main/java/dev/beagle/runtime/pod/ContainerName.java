package dev.beagle.runtime.pod;

/** A container's name, unique within its sandbox together with the attempt. */
public record ContainerName(String name, int attempt) {
  @Override
  public String toString() {
    return name + "_" + attempt;
  }
}
