package dev.beagle.node.streaming;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** The versions of the remote command protocol (exec and attach). */
enum RemoteCommandProtocol {
  /**
   * As V2. Its first server also reset the error stream and closed its half of stdin early; clients
   * do not rely on either.
   */
  V1("channel.k8s.io", false, false),
  V2("v2.channel.k8s.io", false, false),
  V3("v3.channel.k8s.io", true, false),
  V4("v4.channel.k8s.io", true, true),
  /** V4 with half-closes on WebSocket; SPDY has its own and no such version. */
  V5("v5.channel.k8s.io", true, true);

  /** What is offered over SPDY. */
  static final List<RemoteCommandProtocol> SPDY = List.of(V4, V3, V2, V1);

  private final String wireName;
  private final boolean resize;
  private final boolean structuredStatus;

  RemoteCommandProtocol(String wireName, boolean resize, boolean structuredStatus) {
    this.wireName = wireName;
    this.resize = resize;
    this.structuredStatus = structuredStatus;
  }

  String wireName() {
    return wireName;
  }

  /** Whether a terminal has a stream with its sizes. */
  boolean resize() {
    return resize;
  }

  /** Whether the error stream carries a JSON Status, also for success; else text for failures. */
  boolean structuredStatus() {
    return structuredStatus;
  }

  static Optional<RemoteCommandProtocol> find(String wireName) {
    return Arrays.stream(values()).filter(p -> p.wireName.equals(wireName)).findFirst();
  }
}
