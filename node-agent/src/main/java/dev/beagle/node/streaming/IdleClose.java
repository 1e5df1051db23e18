package dev.beagle.node.streaming;

import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.timeout.IdleStateEvent;
import io.netty.handler.timeout.IdleStateHandler;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** Closes a connection on which no byte moved in either direction for a while. */
final class IdleClose extends IdleStateHandler {
  IdleClose(Duration limit) {
    super(0, 0, limit.toMillis(), TimeUnit.MILLISECONDS);
  }

  @Override
  @SuppressWarnings("FutureReturnValueIgnored") // a failure ends in channelInactive
  protected void channelIdle(ChannelHandlerContext here, IdleStateEvent event) {
    here.close();
  }
}
