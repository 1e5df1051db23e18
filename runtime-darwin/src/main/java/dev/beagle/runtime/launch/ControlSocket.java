package dev.beagle.runtime.launch;

import dev.beagle.failure.Failure;
import dev.beagle.time.Time;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;

/**
 * The machine's side of its control socket, for its owner alone. A conversation is one line each
 * way, see {@link ControlRequest}; a line has at most {@value #LONGEST_LINE} bytes.
 *
 * <pre>
 *   status                    done beagle-machine VERSION PID
 *   stop                      done
 *   join SOCKET NAME TOKEN    done      the card is a port of the switch
 *   log PATH GREETING         done ANSWER  a log of this host is handed to the guest's agent; both words
 *                                       are base64
 *   unlog PATH                done      and taken away
 *   export NAME PATH LAYER    done      a file or folder that the guest may read; true for a layer
 *   unexport NAME             done
 *   any                       failed KIND REASON
 * </pre>
 */
final class ControlSocket implements AutoCloseable {
  static final String PROTOCOL = "beagle-machine";
  static final String VERSION = "1";
  private static final int LONGEST_LINE = 16 * 1024;

  private final ListeningSocket socket;

  private ControlSocket(ListeningSocket socket) {
    this.socket = socket;
  }

  static ControlSocket open(Path path, MachineParts parts, Time time) throws IOException {
    return new ControlSocket(
        ListeningSocket.open(
            path,
            client -> Thread.ofVirtual().name("control-client").start(() -> talk(client, parts)),
            time));
  }

  private static void talk(SocketChannel client, MachineParts parts) {
    try (client) {
      write(client, answer(line(client), parts));
    } catch (IOException gone) {
      // its own business
    }
  }

  private static String answer(String line, MachineParts parts) {
    try {
      ControlRequest request = ControlRequest.parse(line);
      return switch (request.verb()) {
        case ControlRequest.STATUS ->
            ControlRequest.done(PROTOCOL, VERSION, Long.toString(ProcessHandle.current().pid()));
        case ControlRequest.STOP -> {
          parts.machine().stop();
          yield ControlRequest.done();
        }
        case ControlRequest.JOIN -> {
          List<String> words = request.words(3);
          parts.card().join(Path.of(words.get(0)), words.get(1), words.get(2));
          yield ControlRequest.done();
        }
        case ControlRequest.LOG -> {
          List<String> words = request.words(2);
          byte[] answer = parts.logs().open(Path.of(words.get(0)), bytes(words.get(1)));
          yield ControlRequest.done(Base64.getEncoder().encodeToString(answer));
        }
        case ControlRequest.UNLOG -> {
          parts.logs().close(Path.of(request.words(1).getFirst()));
          yield ControlRequest.done();
        }
        case ControlRequest.EXPORT -> {
          List<String> words = request.words(3);
          parts
              .export()
              .add(words.get(0), Path.of(words.get(1)), Boolean.parseBoolean(words.get(2)));
          yield ControlRequest.done();
        }
        case ControlRequest.UNEXPORT -> {
          parts.export().remove(request.words(1).getFirst());
          yield ControlRequest.done();
        }
        default ->
            ControlRequest.failed(
                Failure.unsupported("this machine does not know " + Failure.shown(request.verb())));
      };
    } catch (Failure failure) {
      return ControlRequest.failed(failure);
    }
  }

  private static byte[] bytes(String base64) {
    try {
      return Base64.getDecoder().decode(base64);
    } catch (IllegalArgumentException wrong) {
      throw Failure.invalidArgument("no base64: " + Failure.shown(base64));
    }
  }

  /** A request and its answer, on a fresh connection. */
  static String converse(SocketChannel channel, String request) throws IOException {
    write(channel, request);
    return line(channel);
  }

  private static void write(SocketChannel channel, String line) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8));
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  /** Up to the end of a line, or of the stream. */
  private static String line(SocketChannel from) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(LONGEST_LINE);
    int end = -1;
    while (end < 0 && bytes.hasRemaining() && from.read(bytes) >= 0) {
      end = indexOfNewline(bytes);
    }
    int length = end < 0 ? bytes.position() : end;
    return new String(bytes.array(), 0, length, StandardCharsets.UTF_8);
  }

  private static int indexOfNewline(ByteBuffer bytes) {
    for (int at = 0; at < bytes.position(); at++) {
      if (bytes.get(at) == '\n') {
        return at;
      }
    }
    return -1;
  }

  @Override
  public void close() {
    socket.close();
  }
}
