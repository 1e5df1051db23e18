package dev.beagle.node.demo;

import dev.beagle.failure.Failure;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;

/** Finds ports of this host that nobody listens on. */
final class FreePorts {
  private FreePorts() {}

  /** Free a moment ago; somebody else may take it, and then the pod's start says so. */
  static int tcp() {
    try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return probe.getLocalPort();
    } catch (IOException error) {
      throw Failure.exhausted("no free TCP port on this host: " + error.getMessage());
    }
  }
}
