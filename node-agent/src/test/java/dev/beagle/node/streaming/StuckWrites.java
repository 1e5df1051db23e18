package dev.beagle.node.streaming;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayList;
import java.util.List;

/** Never completes a write by itself, as a socket whose peer does not read. */
final class StuckWrites extends ChannelOutboundHandlerAdapter {
  private final List<ChannelPromise> promises = new ArrayList<>();

  @Override
  public void write(ChannelHandlerContext here, Object message, ChannelPromise promise) {
    ReferenceCountUtil.release(message);
    promises.add(promise);
  }

  List<ChannelPromise> promises() {
    return promises;
  }
}
