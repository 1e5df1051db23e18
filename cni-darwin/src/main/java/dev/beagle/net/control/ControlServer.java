package dev.beagle.net.control;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureDetail;
import dev.beagle.failure.FailureKind;
import dev.beagle.net.control.JsonText.JsonObject;
import dev.beagle.net.gateway.Gateway;
import dev.beagle.net.link.SwitchCounters;
import dev.beagle.net.loop.EventLoop;
import java.io.IOException;
import java.nio.channels.SelectionKey;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * The control socket: one JSON object a line each way. The first line of a client is {@code
 * {"hello":VERSION}}; then requests are answered in order by {@code {"ok":…}} or {@code
 * {"failure":{"kind":…,"reason":…}}}. Confined to the segment's thread.
 */
final class ControlServer implements EventLoop.Handler {
  /** The protocol's version; a client says which it speaks, and must be told apart if we differ. */
  static final int VERSION = 1;

  private static final int CLIENTS = 1024;

  private final EventLoop loop;
  private final Segment segment;
  private final Gateway gateway;
  private final SwitchCounters counters;
  private final Consumer<RuntimeException> defects;
  private final ServerSocketChannel channel;
  private final Runnable shutdown;
  private final Set<ControlConnection> clients = new HashSet<>();

  ControlServer(
      EventLoop loop,
      Segment segment,
      PortServer.Switching switching,
      ServerSocketChannel channel,
      Runnable shutdown)
      throws IOException {
    this.loop = loop;
    this.segment = segment;
    this.gateway = switching.gateway();
    this.counters = switching.counters();
    this.defects = switching.defects();
    this.channel = channel;
    this.shutdown = shutdown;
    loop.register(channel, SelectionKey.OP_ACCEPT, this);
  }

  @Override
  public void ready(SelectionKey key) {
    try {
      SocketChannel accepted = channel.accept();
      while (accepted != null) {
        if (clients.size() >= CLIENTS) {
          accepted.close();
        } else {
          clients.add(accept(accepted));
        }
        accepted = channel.accept();
      }
    } catch (IOException noDescriptors) {
      loop.pause(key);
    }
  }

  /** Who was being accepted is lost; the socket is everybody's, and stays. */
  @Override
  public void failed(SelectionKey key, RuntimeException defect) {
    loop.pause(key);
  }

  private ControlConnection accept(SocketChannel accepted) throws IOException {
    try {
      return new ControlConnection(this, loop, accepted);
    } catch (IOException | RuntimeException notTaken) {
      accepted.close();
      throw notTaken;
    }
  }

  void closed(ControlConnection client) {
    clients.remove(client);
  }

  /** Answers a request; never throws. */
  JsonObject answer(JsonObject request) {
    try {
      return new JsonObject().put("ok", call(request));
    } catch (Failure failure) {
      return failed(failure);
    } catch (RuntimeException defect) {
      defects.accept(defect);
      return failed(Failure.of(FailureKind.INTERNAL, "the switch: " + defect, defect));
    }
  }

  static JsonObject failed(Failure failure) {
    JsonObject said =
        new JsonObject().put("kind", failure.kind().name()).put("reason", failure.reason());
    if (failure.detail().orElse(null) instanceof FailureDetail.HeldBy(String id)) {
      said = said.put("heldBy", id);
    }
    return new JsonObject().put("failure", said);
  }

  private JsonObject call(JsonObject request) {
    String call = request.string("call");
    switch (call) {
      case "attach" -> {
        return segment.attach(request.string("name")).toJson();
      }
      case "detach" -> segment.detach(request.string("name"));
      case "publish" ->
          segment.publish(request.string("name"), PublishedPort.fromJson(request.object("port")));
      case "unpublish" ->
          segment.unpublish(request.string("name"), PublishedPort.fromJson(request.object("port")));
      case "retain" -> segment.retain(Set.copyOf(request.strings("names")));
      case "list" -> {
        return list();
      }
      case "status" -> {
        return status();
      }
      case "shutdown" -> shutdown.run();
      default -> throw Failure.unsupported("call '" + call + "' is not known to this switch");
    }
    return new JsonObject();
  }

  private JsonObject list() {
    List<JsonObject> ports = new ArrayList<>();
    segment.list().forEach(port -> ports.add(port.toJson()));
    return new JsonObject().put("ports", ports);
  }

  private JsonObject status() {
    JsonObject numbers = new JsonObject();
    counters.snapshot().forEach(numbers::put);
    gateway.gauges().forEach(numbers::put);
    return segment.describe().put("pid", ProcessHandle.current().pid()).put("numbers", numbers);
  }
}
