package dev.beagle.runtime.virtio.vsock;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/** A socket of the host as the end of a stream. Belongs to the device's worker thread. */
final class SocketEnd implements HostEnd {
  private final SocketChannel socket;
  private final SocketPoller poller;
  private @Nullable SelectionKey key;
  private @Nullable VsockConnections connections;

  SocketEnd(SocketChannel socket, SocketPoller poller) {
    this.socket = socket;
    this.poller = poller;
  }

  /** Before the stream is entered. */
  void prepare(VsockConnections connections) throws IOException {
    this.connections = connections;
    try {
      key = poller.register(socket, this);
    } catch (ClosedSelectorException over) {
      throw new IOException("the device is closed", over);
    }
  }

  /** What was waited for has come. */
  void ready(int operations) {
    VsockConnections all = connections;
    if (all == null) {
      return;
    }
    if ((operations & SelectionKey.OP_READ) != 0) {
      all.readable(this);
    }
    if ((operations & SelectionKey.OP_WRITE) != 0) {
      all.writable(this);
    }
  }

  private void await(int operation) throws IOException {
    SelectionKey current = key;
    if (current == null || !current.isValid()) {
      throw new IOException("the socket is closed");
    }
    poller.await(current, operation);
  }

  @Override
  public void connected() {
    // Its bytes are asked for by the stream.
  }

  @Override
  public void refused() {
    close();
  }

  @Override
  public int read(ByteBuffer target) throws IOException {
    int count = socket.read(target);
    if (count == 0) {
      await(SelectionKey.OP_READ);
    }
    return count;
  }

  @Override
  public int write(ByteBuffer source) throws IOException {
    int count = socket.write(source);
    if (source.hasRemaining()) {
      await(SelectionKey.OP_WRITE);
    }
    return count;
  }

  @Override
  public void finish() {
    try {
      socket.shutdownOutput();
    } catch (IOException gone) {
      // then the next read tells
    }
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException ignored) {
      // nothing is lost that the stream still had
    }
    poller.forget();
  }
}
