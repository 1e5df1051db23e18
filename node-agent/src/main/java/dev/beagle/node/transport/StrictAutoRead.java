package dev.beagle.node.transport;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;

/**
 * Lets nobody read while auto-read is off. Netty's decoders ask for more when they think that they
 * have produced nothing, and SpdyFrameCodec, which hands on its frames itself, always thinks so:
 * without this the {@link ReadGate} would stand open.
 */
public final class StrictAutoRead extends ChannelOutboundHandlerAdapter {
  @Override
  public void read(ChannelHandlerContext here) {
    if (here.channel().config().isAutoRead()) {
      here.read();
    }
  }
}
