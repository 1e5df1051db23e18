package dev.beagle.node.streaming;

import dev.beagle.node.transport.FrameOutput;
import dev.beagle.node.transport.InboundBytes;
import dev.beagle.node.transport.ReadGate;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import java.io.InputStream;
import java.io.OutputStream;
import org.jspecify.annotations.Nullable;

/** A stream of one connection, between its event loop and a session's virtual threads. */
final class ConnectionStream implements PeerStream {
  private final int id;
  private final Carrier carrier;
  private final InboundBytes input;
  private final FrameOutput output;
  private boolean broken;
  private @Nullable Runnable resetAction;

  ConnectionStream(int id, Carrier carrier, ReadGate gate) {
    this.id = id;
    this.carrier = carrier;
    this.input = new InboundBytes(gate);
    this.output = new FrameOutput((bytes, last) -> carrier.send(this, bytes, last));
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
    carrier.release(this);
  }

  @Override
  public void reset() {
    input.close();
    carrier.reset(this);
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

  /** What carries the stream. Any thread. */
  interface Carrier {
    /** Writes a frame, which takes the array over; the last one ends our half. */
    ChannelFuture send(ConnectionStream stream, byte[] bytes, boolean last);

    void release(ConnectionStream stream);

    void reset(ConnectionStream stream);
  }
}
