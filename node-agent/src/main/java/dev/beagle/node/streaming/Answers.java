package dev.beagle.node.streaming;

import io.netty.channel.ChannelHandlerContext;

/**
 * Frames that we send because of what the client sent (replies, resets, pongs). Nothing else bounds
 * them, so a client that provokes many and reads none is dropped. Event loop only.
 */
final class Answers {
  private static final int MAX_UNREAD = 4096;

  private final ChannelHandlerContext context;
  private final PeerConnection connection;
  private int unread;

  Answers(ChannelHandlerContext context, PeerConnection connection) {
    this.context = context;
    this.connection = connection;
  }

  @SuppressWarnings("FutureReturnValueIgnored") // a failure ends in channelInactive
  void send(Object frame) {
    if (++unread > MAX_UNREAD) {
      connection.abort("more than " + MAX_UNREAD + " answers unread");
      return;
    }
    context.writeAndFlush(frame).addListener(sent -> unread--);
  }
}
