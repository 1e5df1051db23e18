package dev.beagle.node.streaming;

import dev.beagle.node.transport.SpdyCodec;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpVersion;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The one HTTP request of a connection: finds what its token stands for and turns the connection
 * into SPDY or a WebSocket. The token is used up by a successful upgrade only. A connection has one
 * of these; event loop only.
 */
@SuppressWarnings("FutureReturnValueIgnored") // a failure ends in channelInactive
final class HttpUpgrade extends SimpleChannelInboundHandler<FullHttpRequest> {
  private static final String PROTOCOL_VERSION = "X-Stream-Protocol-Version";
  private static final String ACCEPTED_VERSIONS = "X-Accepted-Stream-Protocol-Versions";
  private static final Pattern PATH =
      Pattern.compile("/(exec|attach|portforward)/([A-Za-z0-9_-]{1,64})");
  private static final int MAX_BODY_BYTES = 4096;

  private final WaitingRequests waiting;
  private final Admission admission;
  private final StreamingLimits limits;
  private final ExecutorService threads;

  HttpUpgrade(
      WaitingRequests waiting,
      Admission admission,
      StreamingLimits limits,
      ExecutorService threads) {
    this.waiting = waiting;
    this.admission = admission;
    this.limits = limits;
    this.threads = threads;
  }

  /** Adds this and what it needs to a new connection. */
  void install(ChannelPipeline pipeline) {
    pipeline.addLast(new HttpServerCodec());
    pipeline.addLast(
        new HttpObjectAggregator(MAX_BODY_BYTES) {
          @Override
          protected void handleOversizedMessage(ChannelHandlerContext here, HttpMessage message) {
            refuse(here, HttpResponseStatus.REQUEST_ENTITY_TOO_LARGE, "no body is needed");
          }
        });
    pipeline.addLast(this);
  }

  @Override
  public void handlerAdded(ChannelHandlerContext here) {
    here.executor()
        .schedule(
            () -> {
              if (!here.isRemoved()) {
                here.close();
              }
            },
            limits.request().toMillis(),
            TimeUnit.MILLISECONDS);
  }

  @Override
  protected void channelRead0(ChannelHandlerContext here, FullHttpRequest request) {
    if (!request.decoderResult().isSuccess()) {
      refuse(here, HttpResponseStatus.BAD_REQUEST, "malformed HTTP request");
      return;
    }
    if (!request.method().equals(HttpMethod.GET) && !request.method().equals(HttpMethod.POST)) {
      refuse(here, HttpResponseStatus.METHOD_NOT_ALLOWED, "use GET or POST");
      return;
    }
    String uri = request.uri();
    int query = uri.indexOf('?');
    Matcher path = PATH.matcher(query < 0 ? uri : uri.substring(0, query));
    Optional<StreamingRequest> found =
        path.matches() ? waiting.find(path.group(1), path.group(2)) : Optional.empty();
    if (found.isEmpty()) {
      refuse(
          here,
          HttpResponseStatus.NOT_FOUND,
          "no streaming request waits here; its URL serves once and for "
              + limits.tokenLifetime().toSeconds()
              + " s");
      return;
    }
    upgrade(here, request, found.get(), path.group(2));
  }

  private void upgrade(
      ChannelHandlerContext here, FullHttpRequest http, StreamingRequest request, String token) {
    HttpHeaders headers = http.headers();
    boolean upgrading =
        headers.containsValue(HttpHeaderNames.CONNECTION, HttpHeaderValues.UPGRADE, true);
    if (upgrading
        && headers.containsValue(HttpHeaderNames.UPGRADE, HttpHeaderValues.WEBSOCKET, true)) {
      upgradeToWebSocket(here, http, request, token);
      return;
    }
    if (!upgrading || !headers.containsValue(HttpHeaderNames.UPGRADE, SpdyCodec.NAME, true)) {
      refuse(
          here,
          HttpResponseStatus.BAD_REQUEST,
          "an upgrade to " + SpdyCodec.NAME + " or websocket is needed");
      return;
    }
    List<String> offered = listed(headers, PROTOCOL_VERSION);
    if (offered.isEmpty()) {
      refuse(here, HttpResponseStatus.BAD_REQUEST, PROTOCOL_VERSION + " is needed");
      return;
    }
    agree(here, offered, spdyVersions(request), token)
        .ifPresent(agreed -> switchToSpdy(here, request, agreed));
  }

  private void upgradeToWebSocket(
      ChannelHandlerContext here, FullHttpRequest http, StreamingRequest request, String token) {
    if (!http.headers().contains(HttpHeaderNames.SEC_WEBSOCKET_VERSION, "13", false)
        || !http.method().equals(HttpMethod.GET)) {
      FullHttpResponse response =
          response(HttpResponseStatus.UPGRADE_REQUIRED, "GET and WebSocket version 13 are needed");
      response.headers().set(HttpHeaderNames.SEC_WEBSOCKET_VERSION, "13");
      send(here, response);
      return;
    }
    List<String> offered =
        new ArrayList<>(listed(http.headers(), HttpHeaderNames.SEC_WEBSOCKET_PROTOCOL.toString()));
    if (offered.isEmpty()) {
      offered.add(WebSocketProtocol.UNNAMED.wireName());
    }
    agree(here, offered, WebSocketUpgrade.protocols(request), token)
        .ifPresent(agreed -> {
          here.pipeline().remove(this);
          new WebSocketUpgrade(limits, threads).upgrade(here.channel(), http, request, agreed);
        });
  }

  /** The client's first protocol that we know; else the client has been told. Uses up the token. */
  private Optional<String> agree(
      ChannelHandlerContext here, List<String> offered, List<String> known, String token) {
    Optional<String> agreed = offered.stream().filter(known::contains).findFirst();
    if (agreed.isEmpty()) {
      refuseVersions(here, offered, known);
      return agreed;
    }
    if (!admission.hasRoom()) {
      refuse(
          here,
          HttpResponseStatus.SERVICE_UNAVAILABLE,
          limits.connections() + " connections are open already: try again when one has ended");
      return Optional.empty();
    }
    if (!waiting.take(token)) {
      refuse(here, HttpResponseStatus.NOT_FOUND, "this URL was used a moment ago");
      return Optional.empty();
    }
    admission.admit(here.channel());
    return agreed;
  }

  /** The elements of a header that may be repeated and comma separated. */
  private static List<String> listed(HttpHeaders headers, String name) {
    List<String> offered = new ArrayList<>();
    for (String line : headers.getAll(name)) {
      for (String version : line.split(",", -1)) {
        if (!version.isBlank()) {
          offered.add(version.strip());
        }
      }
    }
    return offered;
  }

  private static List<String> spdyVersions(StreamingRequest request) {
    return switch (request) {
      case StreamingRequest.RemoteCommand _ ->
          RemoteCommandProtocol.SPDY.stream().map(RemoteCommandProtocol::wireName).toList();
      case StreamingRequest.PortForward _ -> List.of(PortForwardSession.PROTOCOL);
    };
  }

  private StreamSession session(StreamingRequest request, String version) {
    return switch (request) {
      case StreamingRequest.RemoteCommand command ->
          new RemoteCommandSession(
              command, RemoteCommandProtocol.find(version).orElseThrow(), limits, threads);
      case StreamingRequest.PortForward forward ->
          new PortForwardSession(false, forward.dialer(), limits, threads);
    };
  }

  private void switchToSpdy(ChannelHandlerContext here, StreamingRequest request, String version) {
    FullHttpResponse switching =
        new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.SWITCHING_PROTOCOLS);
    switching
        .headers()
        .set(HttpHeaderNames.CONNECTION, "Upgrade")
        .set(HttpHeaderNames.UPGRADE, SpdyCodec.NAME)
        .set(PROTOCOL_VERSION, version);
    here.writeAndFlush(switching);
    ChannelPipeline pipeline = here.pipeline();
    pipeline.addLast(new IdleClose(limits.idle()));
    pipeline.addLast(SpdyCodec.create());
    pipeline.addLast(new SpdyConnection(session(request, version), limits));
    pipeline.remove(HttpObjectAggregator.class);
    pipeline.remove(this);
    // Last: it hands on what the client sent after its request.
    pipeline.remove(HttpServerCodec.class);
  }

  private static void refuseVersions(
      ChannelHandlerContext here, List<String> offered, List<String> known) {
    FullHttpResponse response =
        response(
            HttpResponseStatus.FORBIDDEN,
            "none of the protocols " + offered + " is known here; known are " + known);
    response.headers().set(ACCEPTED_VERSIONS, known);
    send(here, response);
  }

  private static void refuse(ChannelHandlerContext here, HttpResponseStatus status, String reason) {
    send(here, response(status, reason));
  }

  private static FullHttpResponse response(HttpResponseStatus status, String reason) {
    FullHttpResponse response =
        new DefaultFullHttpResponse(
            HttpVersion.HTTP_1_1,
            status,
            Unpooled.copiedBuffer(reason + "\n", StandardCharsets.UTF_8));
    response
        .headers()
        .set(HttpHeaderNames.CONTENT_TYPE, "text/plain; charset=utf-8")
        .set(HttpHeaderNames.CONTENT_LENGTH, response.content().readableBytes())
        .set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
    return response;
  }

  private static void send(ChannelHandlerContext here, FullHttpResponse response) {
    here.writeAndFlush(response).addListener(sent -> here.close());
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext here, Throwable cause) {
    here.close();
  }
}
