package dev.beagle.net.testing;

import dev.beagle.net.flow.TimerQueue;
import dev.beagle.net.host.HostStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Both ends of a stream socket: ours, and the far one that a {@link SimulatedHostSockets.Peer}
 * plays.
 */
public final class SimulatedStream implements HostStream {
  private static final int BUFFER = 48 << 10;
  private static final long TURN = 20_000;

  private final SimulatedHostSockets.Peer peer;
  private final TimerQueue.Timer turn;
  private final LongSupplier now;
  private ByteBuffer outbound = ByteBuffer.allocate(64);
  private ByteBuffer inbound = ByteBuffer.allocate(64);
  private @Nullable Events events;
  private @Nullable ConnectFailure failure;
  private boolean opened;
  private boolean readWanted;
  private boolean writeWanted;
  private boolean ourEnd;
  private boolean farEnd;
  private boolean farReset;
  private boolean closed;
  private boolean reset;
  private boolean failed;
  private boolean broken;

  SimulatedStream(TimerQueue timers, LongSupplier now, SimulatedHostSockets.Peer peer) {
    this.now = now;
    this.peer = peer;
    this.turn = timers.timer(this::turn);
  }

  void connect(Events newEvents, @Nullable ConnectFailure outcome) {
    events = newEvents;
    failure = outcome;
    again();
  }

  void accept(Events newEvents) {
    events = newEvents;
    opened = true;
    again();
  }

  private void again() {
    turn.arm(now.getAsLong() + TURN);
  }

  private void changed(int bytes) {
    if (bytes > 0) {
      again();
    }
  }

  private void turn() {
    Events to = events;
    if (reset || to == null) {
      return;
    }
    if (closed) {
      peer.changed(this); // What was written before still arrives.
      return;
    }
    if (!opened) {
      ConnectFailure why = failure;
      if (why != null) {
        failed = true;
        to.connectFailed(why);
        return;
      }
      opened = true;
      to.connected();
    }
    peer.changed(this);
    if (!closed && readWanted && (broken || inbound.position() > 0 || farEnd || farReset)) {
      to.readable();
    }
    if (!closed && writeWanted && outbound.position() < BUFFER) {
      to.writable();
    }
  }

  /** Thousands of streams have little in them. */
  private static ByteBuffer withRoom(ByteBuffer buffer, int bytes) {
    int wanted = Math.min(buffer.position() + bytes, BUFFER);
    return wanted <= buffer.capacity()
        ? buffer
        : ByteBuffer.allocate(Math.min(2 * wanted, BUFFER)).put(buffer.flip());
  }

  // ---- The far end

  /** Takes what came from our side. */
  public int takeAtFarEnd(ByteBuffer into) {
    outbound.flip();
    int count = Math.min(outbound.remaining(), into.remaining());
    into.put(outbound.slice(outbound.position(), count));
    outbound.position(outbound.position() + count);
    outbound.compact();
    changed(count);
    return count;
  }

  /** Puts what fits for our side. */
  public int putAtFarEnd(ByteBuffer bytes) {
    inbound = withRoom(inbound, bytes.remaining());
    int count = Math.min(inbound.remaining(), bytes.remaining());
    inbound.put(bytes.slice(bytes.position(), count));
    bytes.position(bytes.position() + count);
    changed(count);
    return count;
  }

  /** The far end sends no more. */
  public void endAtFarEnd() {
    if (!farEnd) {
      farEnd = true;
      again();
    }
  }

  /** The far end resets. */
  public void resetAtFarEnd() {
    farReset = true;
    again();
  }

  /** Everything that our side sent was taken, and it sends no more. */
  public boolean endedByUs() {
    return (ourEnd || closed) && outbound.position() == 0;
  }

  public boolean wasReset() {
    return reset;
  }

  boolean failed() {
    return failed;
  }

  public boolean closed() {
    return closed;
  }

  /** From now on our end throws what nobody foresees. */
  public void breakOurEnd() {
    broken = true;
    again();
  }

  private void checkNotBroken() {
    if (broken) {
      throw new IllegalStateException("a defect, on purpose");
    }
  }

  // ---- Our end

  @Override
  public int read(ByteBuffer into) throws IOException {
    checkNotBroken();
    if (farReset) {
      throw new IOException("Connection reset");
    }
    inbound.flip();
    int count = Math.min(inbound.remaining(), into.remaining());
    into.put(inbound.slice(inbound.position(), count));
    inbound.position(inbound.position() + count);
    inbound.compact();
    changed(count);
    return count == 0 && farEnd ? -1 : count;
  }

  @Override
  public int write(ByteBuffer bytes) throws IOException {
    checkNotBroken();
    if (farReset || closed) {
      throw new IOException("Broken pipe");
    }
    outbound = withRoom(outbound, bytes.remaining());
    int count = Math.min(outbound.remaining(), bytes.remaining());
    outbound.put(bytes.slice(bytes.position(), count));
    bytes.position(bytes.position() + count);
    changed(count);
    return count;
  }

  @Override
  public void wantRead(boolean wanted) {
    readWanted = wanted;
    again();
  }

  @Override
  public void wantWrite(boolean wanted) {
    writeWanted = wanted;
    again();
  }

  @Override
  public void endOutput() {
    ourEnd = true;
    again();
  }

  @Override
  public void close() {
    closed = true;
    again();
  }

  @Override
  public void reset() {
    reset = true;
    closed = true;
  }
}
