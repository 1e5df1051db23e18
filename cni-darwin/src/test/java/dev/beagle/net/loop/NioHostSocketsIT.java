package dev.beagle.net.loop;

import dev.beagle.net.host.HostSockets;
import dev.beagle.net.host.HostSocketsContract;
import dev.beagle.net.wire.IpAddress;
import dev.beagle.time.Time;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;

class NioHostSocketsIT extends HostSocketsContract {
  private static final IpAddress LOOPBACK = IpAddress.parse("127.0.0.1");
  private static final long PATIENCE = 20_000_000_000L;
  private static final long TICK = 1_000_000;

  private final EventLoop loop = open();
  private final NioHostSockets sockets = new NioHostSockets(loop);
  private final List<AutoCloseable> servers = new ArrayList<>();

  private static EventLoop open() {
    try {
      return new EventLoop(
          Time.system(),
          defect -> {
            throw defect;
          });
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
  }

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable server : servers) {
      server.close();
    }
    loop.close();
  }

  @Override
  protected HostSockets sockets() {
    return sockets;
  }

  @Override
  protected void await(BooleanSupplier done) {
    long end = loop.now() + PATIENCE;
    tick();
    try {
      loop.runUntil(() -> done.getAsBoolean() || loop.now() > end);
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
    if (loop.now() > end) {
      throw new AssertionError("it did not come to be");
    }
  }

  private void tick() {
    loop.timers().timer(this::tick).arm(loop.now() + TICK);
  }

  @Override
  protected Endpoint echoServer() {
    try {
      ServerSocket server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
      servers.add(server);
      Thread.ofVirtual().start(() -> accept(server));
      return new Endpoint(LOOPBACK, server.getLocalPort());
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
  }

  private static void accept(ServerSocket server) {
    try {
      while (true) {
        Socket accepted = server.accept();
        Thread.ofVirtual().start(() -> echo(accepted));
      }
    } catch (IOException closed) {
      assert server.isClosed();
    }
  }

  private static void echo(Socket accepted) {
    try (accepted) {
      accepted.getInputStream().transferTo(accepted.getOutputStream());
    } catch (IOException reset) {
      assert !accepted.isBound() || accepted.isClosed();
    }
  }

  @Override
  protected Endpoint nobody() {
    try (ServerSocket server = new ServerSocket(0)) {
      return new Endpoint(LOOPBACK, server.getLocalPort());
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
  }

  @Override
  protected Endpoint echoDatagrams() {
    try {
      DatagramSocket server = new DatagramSocket(0, InetAddress.getLoopbackAddress());
      servers.add(server);
      Thread.ofVirtual().start(() -> echo(server));
      return new Endpoint(LOOPBACK, server.getLocalPort());
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
  }

  private static void echo(DatagramSocket server) {
    try {
      while (true) {
        DatagramPacket packet = new DatagramPacket(new byte[2000], 2000);
        server.receive(packet);
        server.send(packet);
      }
    } catch (IOException closed) {
      assert server.isClosed();
    }
  }
}
