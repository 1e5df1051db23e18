package dev.beagle.runtime.hypervisor;

/** What a guest may do with a mapping. */
public enum Access {
  READ,
  READ_WRITE,
  READ_EXECUTE,
  ALL;

  public boolean writable() {
    return this == READ_WRITE || this == ALL;
  }

  public boolean executable() {
    return this == READ_EXECUTE || this == ALL;
  }
}
