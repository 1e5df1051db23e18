package dev.beagle.runtime.pod;

import java.net.InetAddress;
import java.util.List;

/**
 * What a sandbox is doing.
 *
 * <pre>
 *   Starting ──► Ready ──► NotReady ──► Removed
 *       └───────────────────►┘
 * </pre>
 *
 * A sandbox never becomes Ready again: its client makes the next attempt.
 */
public sealed interface SandboxState {
  record Starting() implements SandboxState {}

  /** Running; {@code addresses} is empty with host network, the primary one first else. */
  record Ready(List<InetAddress> addresses) implements SandboxState {
    public Ready {
      addresses = List.copyOf(addresses);
    }
  }

  /** Stopped, or its world died; {@code reason} says which. */
  record NotReady(String reason) implements SandboxState {}

  record Removed() implements SandboxState {}
}
