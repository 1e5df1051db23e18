package dev.beagle.net.control;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureDetail;
import dev.beagle.failure.FailureKind;
import dev.beagle.net.control.JsonText.JsonObject;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;

/**
 * Asks a running switch. A connection a call, so that a switch that was replaced in between is
 * found; thread-safe. Every call is idempotent and may be repeated after UNAVAILABLE.
 */
public final class SwitchClient {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private static final JsonObject STATUS = new JsonObject().put("call", "status");

  private final SwitchSettings settings;

  public SwitchClient(SwitchSettings settings) {
    this.settings = settings;
  }

  /** The socket that ports connect to. */
  public Path portSocket() {
    return settings.portSocket();
  }

  /**
   * Gives a port of that name; what it has already, if there is one. The name {@code host} is the
   * machine itself: its port can dial pods, pods cannot dial it.
   *
   * @throws Failure EXHAUSTED without a free address, UNAVAILABLE if the switch does not answer
   */
  public PortLease attach(String name) {
    return PortLease.fromJson(call(new JsonObject().put("call", "attach").put("name", name)));
  }

  /** Takes the port back with all that it has. */
  public void detach(String name) {
    call(new JsonObject().put("call", "detach").put("name", name));
  }

  /**
   * Opens a port of the host into a pod.
   *
   * @throws Failure ALREADY_EXISTS with who has it as {@link FailureDetail.HeldBy}, NOT_FOUND
   *     without such a port
   */
  public void publish(String name, PublishedPort port) {
    call(new JsonObject().put("call", "publish").put("name", name).put("port", port.toJson()));
  }

  public void unpublish(String name, PublishedPort port) {
    call(new JsonObject().put("call", "unpublish").put("name", name).put("port", port.toJson()));
  }

  /** Detaches every port but these and {@code host}. */
  public void retain(Set<String> names) {
    call(new JsonObject().put("call", "retain").put("names", List.copyOf(names)));
  }

  public List<PortState> list() {
    List<PortState> ports = new ArrayList<>();
    call(new JsonObject().put("call", "list"))
        .objects("ports")
        .forEach(port -> ports.add(PortState.fromJson(port)));
    return ports;
  }

  /** What the switch is and what it has counted. */
  public SwitchStatus status() {
    return status(call(STATUS));
  }

  private static SwitchStatus status(JsonObject status) {
    TreeMap<String, Long> numbers = new TreeMap<>();
    JsonObject counted = status.object("numbers");
    counted.members().keySet().forEach(name -> numbers.put(name, counted.number(name)));
    return new SwitchStatus(
        status.number("pid"),
        status.string("range"),
        status.string("gateway"),
        status.integer("ports", 0, Integer.MAX_VALUE),
        numbers);
  }

  /** What a switch is found to be. */
  sealed interface Presence {
    record Answering(SwitchStatus status) implements Presence {}

    /** Nobody listens: there is none, or its process is gone. */
    record Absent() implements Presence {}

    /** Somebody holds the socket and does not answer in time. */
    record Silent() implements Presence {}

    /** We cannot ask: it may be well. */
    record Unknown(String reason) implements Presence {}
  }

  /**
   * Looks whether a switch is there and well.
   *
   * @param patience for each step of the conversation
   */
  Presence presence(Duration patience) {
    try {
      return new Presence.Answering(status(ask(STATUS, patience)));
    } catch (NoAnswerException silent) {
      return new Presence.Silent();
    } catch (ShortageException shortage) {
      return new Presence.Unknown(String.valueOf(shortage.getMessage()));
    } catch (IOException nobody) {
      return new Presence.Absent();
    }
  }

  /** Ends the switch; all flows end with it. Nothing happens if none runs. */
  public void shutdown() {
    call(new JsonObject().put("call", "shutdown"));
  }

  private JsonObject call(JsonObject request) {
    try {
      return ask(request, PATIENCE);
    } catch (IOException error) {
      throw Failure.unavailable(
          "the switch at " + settings.folder() + " does not answer: " + error.getMessage(), error);
    }
  }

  private JsonObject ask(JsonObject request, Duration patience) throws IOException {
    try (Conversation conversation = new Conversation(settings.controlSocket(), patience)) {
      conversation.say(new JsonObject().put("hello", ControlServer.VERSION), request);
      ok(conversation.hear());
      return ok(conversation.hear());
    }
  }

  private static JsonObject ok(JsonObject answer) {
    if (answer.has("failure")) {
      JsonObject said = answer.object("failure");
      Failure failure = Failure.of(kind(said.string("kind")), said.string("reason"));
      throw said.has("heldBy")
          ? failure.with(new FailureDetail.HeldBy(said.string("heldBy")))
          : failure;
    }
    return answer.has("ok") ? answer.object("ok") : answer;
  }

  private static FailureKind kind(String name) {
    try {
      return FailureKind.valueOf(name);
    } catch (IllegalArgumentException newer) {
      return FailureKind.INTERNAL;
    }
  }

  /** Somebody is there and says nothing. */
  private static final class NoAnswerException extends IOException {
    private static final long serialVersionUID = 1L;

    NoAnswerException(String what) {
      super(what);
    }
  }

  /** This process has no descriptors left. */
  private static final class ShortageException extends IOException {
    private static final long serialVersionUID = 1L;

    ShortageException(IOException shortage) {
      super(shortage.getMessage(), shortage);
    }
  }

  /** A connection that is waited for with a limit, which a blocking channel has not. */
  private static final class Conversation implements AutoCloseable {
    private final SocketChannel channel;
    private final Selector selector;
    private final SelectionKey key;
    private final Duration patience;
    private ByteBuffer input = ByteBuffer.allocate(8192);

    Conversation(Path socket, Duration patience) throws IOException {
      this.patience = patience;
      channel = opened(() -> SocketChannel.open(StandardProtocolFamily.UNIX));
      try {
        selector = opened(Selector::open);
      } catch (IOException error) {
        channel.close();
        throw error;
      }
      try {
        channel.configureBlocking(false);
        if (!channel.connect(UnixDomainSocketAddress.of(socket))) {
          throw new NoAnswerException("more callers wait than it takes");
        }
        key = channel.register(selector, 0);
      } catch (IOException error) {
        selector.close();
        channel.close();
        throw error;
      }
    }

    private interface Opening<T> {
      T open() throws IOException;
    }

    /** A shortage of ours is no sign of the switch. */
    private static <T> T opened(Opening<T> opening) throws IOException {
      try {
        return opening.open();
      } catch (IOException shortage) {
        throw new ShortageException(shortage);
      }
    }

    void say(JsonObject... lines) throws IOException {
      StringBuilder text = new StringBuilder();
      for (JsonObject line : lines) {
        text.append(JsonText.write(line)).append('\n');
      }
      ByteBuffer bytes = ByteBuffer.wrap(text.toString().getBytes(StandardCharsets.UTF_8));
      while (bytes.hasRemaining()) {
        if (channel.write(bytes) == 0) {
          await(SelectionKey.OP_WRITE);
        }
      }
    }

    JsonObject hear() throws IOException {
      int searched = 0;
      while (true) {
        for (; searched < input.position(); searched++) {
          if (input.get(searched) == '\n') {
            return take(searched);
          }
        }
        if (!input.hasRemaining()) {
          input = ByteBuffer.allocate(input.capacity() * 2).put(input.flip());
        }
        int count = channel.read(input);
        if (count < 0) {
          throw new IOException("it hung up");
        }
        if (count == 0) {
          await(SelectionKey.OP_READ);
        }
      }
    }

    private JsonObject take(int end) {
      byte[] line = new byte[end];
      input.get(0, line);
      input.flip().position(end + 1).limit(input.limit());
      input.compact();
      return JsonText.read(new String(line, StandardCharsets.UTF_8));
    }

    private void await(int operation) throws IOException {
      key.interestOps(operation);
      if (selector.select(patience.toMillis()) == 0) {
        throw new NoAnswerException("no answer for " + patience.toSeconds() + " s");
      }
      selector.selectedKeys().clear();
    }

    @Override
    public void close() throws IOException {
      try (selector;
          channel) {
        key.cancel();
      }
    }
  }
}
