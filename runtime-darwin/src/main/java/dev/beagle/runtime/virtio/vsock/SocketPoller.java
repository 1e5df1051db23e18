package dev.beagle.runtime.virtio.vsock;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.function.Consumer;

/**
 * Waits for the sockets of one device on a thread of its own, and has the device's worker told of
 * each that is ready, once each time it was asked for.
 */
final class SocketPoller implements AutoCloseable {
  private final Selector selector = Selector.open();

  SocketPoller() throws IOException {}

  /**
   * @param worker takes what is to be done on the device's worker
   */
  void start(Consumer<Runnable> worker) {
    Thread.ofPlatform().daemon().name("vsock-sockets").start(() -> poll(worker));
  }

  private void poll(Consumer<Runnable> worker) {
    try {
      while (selector.isOpen()) {
        selector.select(key -> tell(key, worker));
      }
    } catch (IOException broken) {
      throw new UncheckedIOException("sockets of a machine", broken);
    }
  }

  private static void tell(SelectionKey key, Consumer<Runnable> worker) {
    try {
      int ready = key.readyOps();
      key.interestOpsAnd(~ready);
      SocketEnd end = (SocketEnd) key.attachment();
      worker.accept(() -> end.ready(ready));
    } catch (CancelledKeyException closed) {
      // by the worker, a moment ago
    }
  }

  /** Any thread: makes a socket one that never blocks. */
  SelectionKey register(SocketChannel socket, SocketEnd end) throws IOException {
    socket.configureBlocking(false);
    return socket.register(selector, 0, end);
  }

  /** Asks to be told once when the socket is ready so. */
  void await(SelectionKey key, int operation) {
    key.interestOpsOr(operation);
    selector.wakeup();
  }

  /** A socket was closed: its descriptor goes with the next look at all. */
  void forget() {
    selector.wakeup();
  }

  @Override
  public void close() {
    try {
      selector.close();
    } catch (IOException ignored) {
      // it is of no use any more
    }
  }
}
