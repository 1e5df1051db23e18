package dev.beagle.node.streaming;

import io.netty.buffer.ByteBuf;
import java.io.InputStream;
import java.io.OutputStream;
import org.jspecify.annotations.Nullable;

/** A SPDY stream that the client opened. */
final class SpdyStream implements PeerStream {
  private final int id;
  private final SpdyConnection connection;
  private final InboundBytes input;
  private final FrameOutput output;
  private boolean broken;
  private @Nullable Runnable resetAction;

  SpdyStream(int id, SpdyConnection connection, ReadGate gate) {
    this.id = id;
    this.connection = connection;
    this.input = new InboundBytes(gate);
    this.output = new FrameOutput((bytes, last) -> connection.sendData(this, bytes, last));
  }

  @Override
  public int id() {
    return id;
  }

  @Override
  public InputStream input() {
    return input;
  }

  @Override
  public OutputStream output() {
    return output;
  }

  @Override
  public void onReset(Runnable action) {
    synchronized (this) {
      resetAction = action;
      if (!broken) {
        return;
      }
    }
    action.run();
  }

  @Override
  public void release() {
    input.close();
    connection.release(this);
  }

  @Override
  public void reset() {
    input.close();
    connection.reset(this);
  }

  synchronized boolean broken() {
    return broken;
  }

  /** Data from the client; event loop only. */
  void received(ByteBuf content, boolean last) {
    input.offer(content);
    if (last) {
      input.finish();
    }
  }

  /** The client reset it or is lost; event loop only. */
  void broke(String reason) {
    input.fail(reason);
    Runnable action;
    synchronized (this) {
      broken = true;
      action = resetAction;
    }
    if (action != null) {
      action.run();
    }
  }
}
