package dev.beagle.node.transport;

import io.netty.channel.ChannelFuture;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.util.Arrays;

/** Our half of a stream: each write is one frame, and returns when the socket took it. */
public final class FrameOutput extends OutputStream {
  private final Sender sender;
  private boolean closed;

  public FrameOutput(Sender sender) {
    this.sender = sender;
  }

  @Override
  public void write(int value) throws IOException {
    write(new byte[] {(byte) value}, 0, 1);
  }

  @Override
  public synchronized void write(byte[] bytes, int offset, int length) throws IOException {
    if (closed) {
      throw new IOException("stream closed");
    }
    if (length > 0) {
      await(sender.send(Arrays.copyOfRange(bytes, offset, offset + length), false));
    }
  }

  @Override
  public synchronized void close() throws IOException {
    if (!closed) {
      closed = true;
      await(sender.send(new byte[0], true));
    }
  }

  private static void await(ChannelFuture sent) throws IOException {
    try {
      sent.await();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while waiting for the other end");
    }
    if (!sent.isSuccess()) {
      throw new IOException("the other end is gone", sent.cause());
    }
  }

  /** Writes one frame; any thread. The array is the receiver's. */
  @FunctionalInterface
  public interface Sender {
    ChannelFuture send(byte[] bytes, boolean last);
  }
}
