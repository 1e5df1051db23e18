package dev.beagle.node.streaming;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * WebSocket's subprotocols. A message's first byte is its channel; in the base64 ones it is the
 * channel's digit, and the rest is base64. Those without a version are as old as the first of SPDY,
 * but always knew sizes.
 */
enum WebSocketProtocol {
  V5("v5.channel.k8s.io", RemoteCommandProtocol.V5, false),
  V4("v4.channel.k8s.io", RemoteCommandProtocol.V4, false),
  V4_BASE64("v4.base64.channel.k8s.io", RemoteCommandProtocol.V4, true),
  UNVERSIONED("channel.k8s.io", RemoteCommandProtocol.V3, false),
  UNVERSIONED_BASE64("base64.channel.k8s.io", RemoteCommandProtocol.V3, true),
  /** The client named none. */
  UNNAMED("", RemoteCommandProtocol.V3, false);

  private static final List<WebSocketProtocol> PORT_FORWARD = List.of(V4, V4_BASE64, UNNAMED);

  private final String wireName;
  private final RemoteCommandProtocol command;
  private final boolean base64;

  WebSocketProtocol(String wireName, RemoteCommandProtocol command, boolean base64) {
    this.wireName = wireName;
    this.command = command;
    this.base64 = base64;
  }

  String wireName() {
    return wireName;
  }

  RemoteCommandProtocol command() {
    return command;
  }

  boolean base64() {
    return base64;
  }

  /** Whether the client ends its half of a channel by a message {@code [255, channel]}. */
  boolean halfClose() {
    return this == V5;
  }

  static List<String> wireNames(StreamingRequest request) {
    return switch (request) {
      case StreamingRequest.RemoteCommand _ ->
          Arrays.stream(values()).map(WebSocketProtocol::wireName).toList();
      case StreamingRequest.PortForward _ ->
          PORT_FORWARD.stream().map(WebSocketProtocol::wireName).toList();
    };
  }

  static Optional<WebSocketProtocol> find(String wireName) {
    return Arrays.stream(values()).filter(p -> p.wireName.equals(wireName)).findFirst();
  }
}
