package dev.beagle.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Counts the lines of a connection, which have to be 0, 1, 2 and so on, 64 bytes each; sends each
 * back if asked to.
 */
final class LineCounter {
  private final AtomicLong lines = new AtomicLong();
  private final AtomicReference<String> wrong = new AtomicReference<>("");

  /** Reads beside the test until the connection ends. */
  void start(Socket socket, boolean answer) {
    Thread.ofPlatform().daemon().start(() -> read(socket, answer));
  }

  private void read(Socket socket, boolean answer) {
    try (BufferedReader in =
        new BufferedReader(
            new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII))) {
      OutputStream out = socket.getOutputStream();
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        if (!line.equals(line(lines.get()))) {
          wrong.set("line " + lines.get() + " is '" + line + "'");
          return;
        }
        lines.incrementAndGet();
        if (answer) {
          out.write((line + "\n").getBytes(StandardCharsets.US_ASCII));
        }
      }
      wrong.compareAndSet("", "ended after line " + lines.get());
    } catch (IOException e) {
      wrong.compareAndSet("", "after line " + lines.get() + ": " + e);
    }
  }

  /** Waits until so many more lines have come, all of them right. */
  void more(long count) {
    long target = lines.get() + count;
    await("more lines")
        .atMost(Duration.ofSeconds(20))
        .until(() -> lines.get() >= target || !wrong.get().isEmpty());
    assertThat(wrong.get()).isEmpty();
  }

  /** Sends the lines beside the test, as fast as they are taken. */
  static void writeTo(Socket socket) {
    Thread.ofPlatform().daemon().start(() -> write(socket));
  }

  private static void write(Socket socket) {
    try {
      OutputStream out = socket.getOutputStream();
      for (long n = 0; ; n++) {
        out.write((line(n) + "\n").getBytes(StandardCharsets.US_ASCII));
      }
    } catch (IOException e) {
      // The test is over; what matters is counted where it arrives.
    }
  }

  /** As soon as somebody listens there. */
  static Socket connect(String address, int port) {
    return await("a connection to " + address)
        .atMost(Duration.ofSeconds(10))
        .ignoreExceptions()
        .until(
            () -> {
              Socket socket = new Socket();
              socket.connect(new InetSocketAddress(InetAddress.ofLiteral(address), port), 1000);
              return socket;
            },
            Socket::isConnected);
  }

  static String line(long number) {
    return String.format("%-63d", number);
  }
}
