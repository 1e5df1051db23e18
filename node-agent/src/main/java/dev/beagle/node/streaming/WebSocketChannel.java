package dev.beagle.node.streaming;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * A channel of a WebSocket, told to the session as if the client had opened a stream.
 *
 * @param headers as the client of a SPDY connection would send them
 * @param greeting what the server says first on it
 */
record WebSocketChannel(int number, Map<String, String> headers, Optional<ByteBuffer> greeting) {
  private static final List<RemoteCommandSession.Role> COMMAND_ORDER =
      List.of(
          RemoteCommandSession.Role.STDIN,
          RemoteCommandSession.Role.STDOUT,
          RemoteCommandSession.Role.STDERR,
          RemoteCommandSession.Role.ERROR,
          RemoteCommandSession.Role.RESIZE);

  /**
   * 0 to 4: stdin, stdout, stderr, error, resize. The first that the server may write to is greeted
   * with an empty message.
   */
  static List<WebSocketChannel> ofCommand(StreamOptions options) {
    var greeted =
        options.stdout()
            ? RemoteCommandSession.Role.STDOUT
            : options.stderr()
                ? RemoteCommandSession.Role.STDERR
                : RemoteCommandSession.Role.ERROR;
    List<WebSocketChannel> channels = new ArrayList<>();
    for (var role : COMMAND_ORDER) {
      channels.add(
          new WebSocketChannel(
              channels.size(),
              Map.of("streamtype", role.name().toLowerCase(Locale.ROOT)),
              role == greeted ? Optional.of(ByteBuffer.allocate(0)) : Optional.empty()));
    }
    return channels;
  }

  /**
   * The i-th port has channel 2i for data and 2i + 1 for its error; on both the server first says
   * the port (two bytes, little endian).
   */
  static List<WebSocketChannel> ofPorts(List<Integer> ports) {
    List<WebSocketChannel> channels = new ArrayList<>();
    for (int port : ports) {
      String request = Integer.toString(channels.size());
      for (String type : List.of("data", "error")) {
        ByteBuffer greeting = ByteBuffer.allocate(2);
        greeting.put(0, (byte) port).put(1, (byte) (port >> 8));
        channels.add(
            new WebSocketChannel(
                channels.size(),
                Map.of(
                    "streamtype", type, "port", Integer.toString(port), "requestid", request),
                Optional.of(greeting)));
      }
    }
    return channels;
  }
}
