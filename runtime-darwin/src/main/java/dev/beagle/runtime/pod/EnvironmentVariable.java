package dev.beagle.runtime.pod;

/** One variable of a process's environment. */
public record EnvironmentVariable(String key, String value) {
  @Override
  public String toString() {
    return key + "=" + value;
  }
}
