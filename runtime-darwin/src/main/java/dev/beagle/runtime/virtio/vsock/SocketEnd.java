package dev.beagle.runtime.virtio.vsock;

import dev.beagle.runtime.virtio.ActiveQueues;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/** A socket of the host as the end of a stream. Belongs to the device's worker thread. */
final class SocketEnd implements HostEnd {
  private final SocketChannel socket;
  private final VsockConnections connections;
  private @Nullable SelectionKey key;

  SocketEnd(SocketChannel socket, VsockConnections connections) {
    this.socket = socket;
    this.connections = connections;
  }

  /** Makes it a socket that does not block and is asked for when it is ready. */
  @Override
  public void begin(ActiveQueues queues, int sending) throws IOException {
    socket.configureBlocking(false);
    key = queues.watch(socket, ready -> tell(ready, queues, sending));
  }

  private void tell(int ready, ActiveQueues queues, int sending) {
    SelectionKey current = key;
    if (current == null) {
      return;
    }
    current.interestOpsAnd(~ready);
    if ((ready & SelectionKey.OP_READ) != 0) {
      connections.readable(this);
    }
    if ((ready & SelectionKey.OP_WRITE) != 0) {
      connections.writable(this);
    }
    if (connections.wantsToSend()) {
      queues.wake(sending);
    }
  }

  private void await(int operation) throws IOException {
    SelectionKey current = key;
    if (current == null || !current.isValid()) {
      throw new IOException("the socket is closed");
    }
    current.interestOpsOr(operation);
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
  }
}
