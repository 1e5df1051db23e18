package dev.beagle.runtime.pod;

/** The system call filter of a container. */
public sealed interface Seccomp {
  record Unconfined() implements Seccomp {}

  record RuntimeDefault() implements Seccomp {}

  /** A profile file of the host, in the format of the OCI runtime spec's {@code linux.seccomp}. */
  record Localhost(String path) implements Seccomp {}
}
