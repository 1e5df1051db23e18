package dev.beagle.node.demo;

import dev.beagle.failure.Failure;
import dev.beagle.node.client.SpdyConnection;
import dev.beagle.node.client.SpdyStream;
import dev.beagle.time.Deadline;
import dev.beagle.time.Time;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Fetches the pod's page, by socket or through a forwarded port, and says what it answered. */
final class WebPage {
  private static final byte[] REQUEST =
      "GET / HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n"
          .getBytes(StandardCharsets.US_ASCII);
  private static final int MAX_ANSWER_BYTES = 1 << 16;
  private static final int TIMEOUT_MILLIS = 3000;
  private static final Duration PATIENCE = Duration.ofSeconds(5);
  private static final Duration PAUSE = Duration.ofMillis(20);
  private static final Pattern ANSWER =
      Pattern.compile("HTTP/1\\.[01] 200 .*?\r\n\r\n(.*)", Pattern.DOTALL);
  private static final Pattern MARKUP = Pattern.compile("(?s)<head>.*?</head>|<[^>]*>");

  private final Time time;

  WebPage(Time time) {
    this.time = time;
  }

  /**
   * By TCP. The server was started a moment ago: while nobody listens yet it is tried again.
   *
   * @throws Failure UNAVAILABLE when there is no answer within some seconds
   */
  String fetch(InetSocketAddress address) {
    Deadline deadline = Deadline.after(time, PATIENCE);
    while (true) {
      try (Socket socket = new Socket()) {
        socket.connect(address, TIMEOUT_MILLIS);
        socket.setSoTimeout(TIMEOUT_MILLIS);
        return "http://"
            + show(address)
            + answer(socket.getInputStream(), socket.getOutputStream());
      } catch (ConnectException refused) {
        if (deadline.passed()) {
          throw Failure.unavailable("nobody listens at " + show(address), refused);
        }
        pause();
      } catch (IOException error) {
        throw Failure.unavailable(
            "no page from " + show(address) + ": " + error.getMessage(), error);
      }
    }
  }

  /** Through a port-forward connection: an error and a data stream per forwarded connection. */
  String fetch(SpdyConnection connection, int port) {
    String portText = Integer.toString(port);
    try {
      SpdyStream error =
          connection.stream(Map.of("streamtype", "error", "port", portText, "requestid", "0"));
      SpdyStream data =
          connection.stream(Map.of("streamtype", "data", "port", portText, "requestid", "0"));
      error.output().close();
      return "SPDY, port " + port + answer(data.input(), data.output());
    } catch (IOException error) {
      throw Failure.unavailable("no page through port-forward: " + error.getMessage(), error);
    }
  }

  private static String answer(InputStream from, OutputStream to) throws IOException {
    to.write(REQUEST);
    to.flush();
    String text = new String(from.readNBytes(MAX_ANSWER_BYTES), StandardCharsets.UTF_8);
    Matcher matcher = ANSWER.matcher(text);
    if (!matcher.matches()) {
      throw new IOException("answered " + text.lines().findFirst().orElse("nothing"));
    }
    return ": \"" + firstText(matcher.group(1)) + "\"";
  }

  /** The page's first words, without markup. */
  static String firstText(String page) {
    String text = MARKUP.matcher(page).replaceAll("\n");
    return Failure.printable(
        text.lines().map(String::strip).filter(line -> !line.isEmpty()).findFirst().orElse(""));
  }

  private void pause() {
    try {
      time.sleep(PAUSE);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw Failure.cancelled("interrupted while waiting for the page");
    }
  }

  private static String show(InetSocketAddress address) {
    return address.getAddress().getHostAddress() + ":" + address.getPort();
  }
}
