package dev.beagle.image.testing;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * An HTTP proxy on loopback for CONNECT and for plain http. Whatever host is asked for, it leads to
 * one server of the test, so that names that do not exist can be used. Thread-safe.
 */
public final class ConnectProxy implements AutoCloseable {
  private final ServerSocket listener;
  private final int targetPort;
  private final String expectedAuthorization;
  private final List<List<String>> heads = new CopyOnWriteArrayList<>();
  private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();

  /**
   * @param expectedAuthorization of Proxy-Authorization; empty lets everybody in
   */
  public ConnectProxy(int targetPort, String expectedAuthorization) {
    this.targetPort = targetPort;
    this.expectedAuthorization = expectedAuthorization;
    try {
      listener = new ServerSocket(0, 500, InetAddress.getLoopbackAddress());
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
    executor.execute(this::accept);
  }

  public int port() {
    return listener.getLocalPort();
  }

  /** The lines of each request's head. */
  public List<List<String>> heads() {
    return List.copyOf(heads);
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket client = listener.accept();
        executor.execute(() -> serve(client));
      } catch (IOException closed) {
        return;
      }
    }
  }

  private void serve(Socket client) {
    try (client;
        Socket server = new Socket(InetAddress.getLoopbackAddress(), targetPort)) {
      InputStream in = new BufferedInputStream(client.getInputStream());
      List<String> head = readHead(in);
      heads.add(head);
      OutputStream back = client.getOutputStream();
      if (!isLetIn(head)) {
        back.write(
            bytes(
                String.join(
                    "\r\n",
                    "HTTP/1.1 407 Proxy Authentication Required",
                    "Proxy-Authenticate: Basic realm=\"p\"",
                    "Content-Length: 0",
                    "",
                    "")));
        return;
      }
      if (head.getFirst().startsWith("CONNECT ")) {
        back.write(bytes("HTTP/1.1 200 Connection established\r\n\r\n"));
      } else {
        server.getOutputStream().write(bytes(originForm(head)));
      }
      executor.execute(() -> pump(in, server));
      server.getInputStream().transferTo(back);
    } catch (IOException cut) {
      // Either side may end when it likes.
    }
  }

  private static String originForm(List<String> head) {
    String first = head.getFirst().replaceFirst("http://[^/]+", "");
    return first + "\r\n" + String.join("\r\n", head.subList(1, head.size())) + "\r\n\r\n";
  }

  private static void pump(InputStream in, Socket server) {
    try {
      in.transferTo(server.getOutputStream());
    } catch (IOException cut) {
      // The other direction ends it.
    }
  }

  private boolean isLetIn(List<String> head) {
    return expectedAuthorization.isEmpty()
        || head.stream()
            .anyMatch(line ->
                line.toLowerCase(Locale.ROOT).startsWith("proxy-authorization:")
                    && line.endsWith(" " + expectedAuthorization));
  }

  private static List<String> readHead(InputStream in) throws IOException {
    List<String> lines = new ArrayList<>();
    StringBuilder line = new StringBuilder();
    for (int read = in.read(); read >= 0; read = in.read()) {
      if (read == '\n') {
        if (line.isEmpty()) {
          return lines;
        }
        lines.add(line.toString());
        line.setLength(0);
      } else if (read != '\r') {
        line.append((char) read);
      }
    }
    throw new IOException("no whole request");
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  @Override
  public void close() {
    try {
      listener.close();
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
    executor.shutdownNow();
  }
}
