package dev.beagle.node.client;

import dev.beagle.node.transport.SpdyCodec;
import dev.beagle.node.transport.StrictAutoRead;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.net.URI;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * Sends the upgrade request when connected and, on 101, makes the connection speak SPDY. Belongs to
 * the channel's event loop.
 */
// A write that fails closes the channel, and that ends everything that waits.
@SuppressWarnings("FutureReturnValueIgnored")
final class SpdyUpgrade extends ChannelInboundHandlerAdapter {
  private final URI url;
  private final String protocol;
  private final Map<Integer, SpdyStream> streams;
  private final CompletableFuture<Void> done = new CompletableFuture<>();
  private boolean switching;

  SpdyUpgrade(URI url, String protocol, Map<Integer, SpdyStream> streams) {
    this.url = url;
    this.protocol = protocol;
    this.streams = streams;
  }

  /** Completes when streams may be opened, or with the reason why not. */
  CompletableFuture<Void> done() {
    return done;
  }

  @Override
  public void channelActive(ChannelHandlerContext context) {
    String path = url.getRawPath() + (url.getRawQuery() == null ? "" : "?" + url.getRawQuery());
    HttpRequest request = new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.POST, path);
    request
        .headers()
        .set(HttpHeaderNames.HOST, url.getAuthority())
        .set(HttpHeaderNames.CONNECTION, "Upgrade")
        .set(HttpHeaderNames.UPGRADE, SpdyCodec.NAME)
        .set(HttpHeaderNames.CONTENT_LENGTH, 0)
        .set("X-Stream-Protocol-Version", protocol);
    context.writeAndFlush(request);
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    try {
      if (message instanceof HttpResponse response) {
        if (response.status().equals(HttpResponseStatus.SWITCHING_PROTOCOLS)) {
          switching = true;
        } else {
          fail(context, new IOException("answered " + response.status()));
        }
      }
      if (message instanceof LastHttpContent && switching) {
        speakSpdy(context);
      }
    } finally {
      ReferenceCountUtil.release(message);
    }
  }

  private void speakSpdy(ChannelHandlerContext context) {
    ChannelPipeline pipeline = context.pipeline();
    pipeline.addFirst(new StrictAutoRead());
    pipeline.addLast(SpdyCodec.create(), new SpdyFrames(streams));
    pipeline.remove(this);
    // Last: it hands on what the server sent after its answer.
    pipeline.remove(HttpClientCodec.class);
    done.complete(null);
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    fail(context, new IOException("connection closed"));
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    fail(context, cause);
  }

  private void fail(ChannelHandlerContext context, Throwable cause) {
    done.completeExceptionally(cause);
    context.close();
  }
}
