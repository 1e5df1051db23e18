package dev.beagle.node.streaming;

import dev.beagle.node.transport.SpdyCodec;
import io.netty.channel.Channel;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.websocketx.WebSocketDecoderConfig;
import io.netty.handler.codec.http.websocketx.WebSocketFrameAggregator;
import io.netty.handler.codec.http.websocketx.WebSocketServerHandshakerFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutorService;

/**
 * Turns a connection into a WebSocket: with channels, or with SPDY in it. The Go library that
 * containerd and CRI-O embed offers neither version 5 nor the tunnel, which are what kubectl and
 * crictl speak over WebSocket.
 */
final class WebSocketUpgrade {
  static final String TUNNEL = SpdyCodec.NAME + "+" + PortForwardSession.PROTOCOL;

  /** Of a message of channels; a whole one is held. */
  private static final int MAX_MESSAGE_BYTES = 1 << 20;

  private final StreamingLimits limits;
  private final ExecutorService threads;

  WebSocketUpgrade(StreamingLimits limits, ExecutorService threads) {
    this.limits = limits;
    this.threads = threads;
  }

  /** The names that a client may offer. */
  static List<String> protocols(StreamingRequest request) {
    List<String> names = new ArrayList<>(WebSocketProtocol.wireNames(request));
    if (request instanceof StreamingRequest.PortForward) {
      names.add(TUNNEL);
    }
    return names;
  }

  @SuppressWarnings("FutureReturnValueIgnored") // a failure ends in channelInactive
  void upgrade(Channel channel, FullHttpRequest http, StreamingRequest request, String agreed) {
    var handshaker =
        new WebSocketServerHandshakerFactory(
                "",
                agreed.isEmpty() ? null : agreed,
                WebSocketDecoderConfig.newBuilder()
                    .allowExtensions(false)
                    .maxFramePayloadLength(MAX_MESSAGE_BYTES)
                    .build())
            .newHandshaker(http);
    Objects.requireNonNull(handshaker, "version 13 was checked")
        .handshake(channel, http, EmptyHttpHeaders.INSTANCE, channel.newPromise());
    ChannelPipeline pipeline = channel.pipeline();
    pipeline.addLast(new IdleClose(limits.idle()));
    pipeline.addLast(new WebSocketControl());
    if (agreed.equals(TUNNEL) && request instanceof StreamingRequest.PortForward forward) {
      pipeline.addLast(new WebSocketTunnel());
      pipeline.addLast(SpdyCodec.create());
      pipeline.addLast(
          new SpdyConnection(
              new PortForwardSession(false, forward.dialer(), limits, threads), limits));
      return;
    }
    pipeline.addLast(new WebSocketFrameAggregator(MAX_MESSAGE_BYTES));
    pipeline.addLast(channels(request, WebSocketProtocol.find(agreed).orElseThrow()));
  }

  private WebSocketConnection channels(StreamingRequest request, WebSocketProtocol protocol) {
    return switch (request) {
      case StreamingRequest.RemoteCommand command ->
          new WebSocketConnection(
              new RemoteCommandSession(command, protocol.command(), limits, threads),
              protocol,
              WebSocketChannel.ofCommand(command.options()),
              limits);
      case StreamingRequest.PortForward forward ->
          new WebSocketConnection(
              new PortForwardSession(true, forward.dialer(), limits, threads),
              protocol,
              WebSocketChannel.ofPorts(forward.ports()),
              limits);
    };
  }
}
