package dev.beagle.node.streaming;

import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketCloseStatus;
import org.jspecify.annotations.Nullable;

/**
 * WebSocket's control frames: answers pings, and says goodbye with a normal closure, without which
 * Go clients take the end of output for an error. Event loop only.
 */
@SuppressWarnings("FutureReturnValueIgnored") // a failure ends in channelInactive
final class WebSocketControl extends ChannelDuplexHandler implements PeerConnection {
  private @Nullable ChannelHandlerContext context;
  private @Nullable Answers answers;
  private boolean closing;

  @Override
  public void handlerAdded(ChannelHandlerContext added) {
    context = added;
    answers = new Answers(added, this);
  }

  @Override
  public void channelRead(ChannelHandlerContext here, Object message) {
    switch (message) {
      case PingWebSocketFrame ping -> {
        if (answers != null) {
          // The frame's bytes go back with the answer.
          answers.send(new PongWebSocketFrame(ping.content()));
        }
      }
      case PongWebSocketFrame pong -> pong.release();
      case CloseWebSocketFrame close -> {
        close.release();
        close(here, here.newPromise());
      }
      default -> here.fireChannelRead(message);
    }
  }

  @Override
  public void close(ChannelHandlerContext here, ChannelPromise promise) {
    if (!closing) {
      closing = true;
      here.writeAndFlush(new CloseWebSocketFrame(WebSocketCloseStatus.NORMAL_CLOSURE))
          .addListener(sent -> here.close(promise));
    } else {
      here.close(promise);
    }
  }

  @Override
  public void finish() {
    if (context != null) {
      close(context, context.newPromise());
    }
  }

  @Override
  public void abort(String reason) {
    finish();
  }
}
