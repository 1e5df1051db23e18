package dev.beagle.node.streaming;

import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.ReferenceCountUtil;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Turns a close into an end of stream, and the close proper into what follows the client's own end:
 * closing a socket with unread bytes makes the kernel reset the connection, and the client would
 * lose output that it has not read yet. First in the pipeline; what comes meanwhile is thrown away.
 */
@SuppressWarnings("FutureReturnValueIgnored") // a failure ends in channelInactive
final class LingeringClose extends ChannelDuplexHandler {
  private final Duration limit;
  private boolean lingering;

  LingeringClose(Duration limit) {
    this.limit = limit;
  }

  @Override
  public void close(ChannelHandlerContext here, ChannelPromise promise) {
    if (lingering || !(here.channel() instanceof DuplexChannel duplex) || !duplex.isActive()) {
      here.close(promise);
      return;
    }
    lingering = true;
    here.channel().closeFuture().addListener(closed -> promise.trySuccess());
    duplex
        .shutdownOutput()
        .addListener(shut -> {
          if (shut.isSuccess()) {
            here.read();
          } else {
            here.close();
          }
        });
    here.executor().schedule(() -> here.close(), limit.toMillis(), TimeUnit.MILLISECONDS);
  }

  @Override
  public void channelRead(ChannelHandlerContext here, Object message) {
    if (lingering) {
      ReferenceCountUtil.release(message);
    } else {
      here.fireChannelRead(message);
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext here) {
    if (lingering) {
      here.read();
    } else {
      here.fireChannelReadComplete();
    }
  }
}
