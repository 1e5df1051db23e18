package dev.beagle.net.testing;

import dev.beagle.net.flow.FlowKey;
import dev.beagle.net.flow.TimerQueue;
import dev.beagle.net.tcp.ByteRing;
import dev.beagle.net.tcp.TcpEndpoint;
import dev.beagle.net.tcp.TcpLink;
import dev.beagle.net.tcp.TcpOwner;
import dev.beagle.net.tcp.TcpSettings;
import dev.beagle.net.wire.IpAddress;
import dev.beagle.net.wire.TcpHeader;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** A pod's end of a TCP connection: sends its bytes, ends, and keeps what it receives. */
public final class GuestConnection implements TcpLink, TcpOwner {
  private final SimulatedNetwork network;
  private final SimulatedGuest guest;
  private final FlowKey key;
  private final ByteBuffer toSend;
  private final TcpEndpoint endpoint;
  private final TimerQueue.Timer timer;
  private final ByteArrayOutputStream received = new ByteArrayOutputStream();
  private final TimerQueue.Timer reader;
  private long readEveryNanos;
  private int readBytes = Integer.MAX_VALUE;
  private int mayRead = Integer.MAX_VALUE;
  private @Nullable Abort aborted;
  private boolean established;
  private boolean allReceived;
  private boolean ended;
  private boolean keepOpen;
  private boolean gone;

  GuestConnection(SimulatedNetwork network, SimulatedGuest guest, FlowKey key, byte[] toSend) {
    this(network, guest, key, toSend, 1460, 128 << 10);
  }

  GuestConnection(
      SimulatedNetwork network,
      SimulatedGuest guest,
      FlowKey key,
      byte[] toSend,
      int segmentBytes,
      int bufferBytes) {
    this.network = network;
    this.guest = guest;
    this.key = key;
    this.toSend = ByteBuffer.wrap(toSend);
    TcpSettings settings =
        new TcpSettings(segmentBytes, segmentBytes, bufferBytes, (int) (network.now() / 64));
    this.reader = network.guestTimers().timer(this::read);
    this.endpoint = new TcpEndpoint(settings, this, this, network.guestPool().share(key.guest()));
    this.timer = network.guestTimers().timer(this::timePassed);
  }

  FlowKey key() {
    return key;
  }

  void open() {
    endpoint.connect(network.now());
    rearm();
  }

  void accept(TcpHeader syn) {
    endpoint.hold(syn);
    endpoint.accept(network.now());
    rearm();
  }

  void segment(TcpHeader header, ByteBuffer payload) {
    endpoint.segment(header, payload, network.now());
    endpoint.flush();
    rearm();
  }

  private void timePassed() {
    endpoint.timePassed(network.now());
    forgetIfClosed();
    rearm();
  }

  private void rearm() {
    if (gone) {
      timer.cancel();
    } else {
      timer.arm(endpoint.deadline());
    }
  }

  /** Does not end after the last byte. */
  public GuestConnection keepOpen() {
    keepOpen = true;
    return this;
  }

  /** Reads so much at a time, and so often; never with zero bytes. */
  public GuestConnection reads(int bytes, long everyNanos) {
    readBytes = bytes;
    mayRead = bytes;
    readEveryNanos = everyNanos;
    return this;
  }

  private void read() {
    mayRead = readBytes;
    endpoint.drain(network.now());
    endpoint.flush();
    rearm();
  }

  /** Sends more on a connection that is kept open. */
  public void send(byte[] more) {
    endpoint.sendBuffer().put(ByteBuffer.wrap(more));
    endpoint.transmit(network.now());
    rearm();
  }

  /** Ends what was kept open. */
  public void end() {
    ended = true;
    endpoint.end(network.now());
    rearm();
  }

  /** Everything that was put has arrived. */
  public boolean isAllAcknowledged() {
    return aborted == null && endpoint.sendBuffer().isEmpty();
  }

  /** Resets the connection. */
  public void reset() {
    gone = true;
    endpoint.reset();
    guest.forget(this);
    rearm();
  }

  /** Who the other end seems to be. */
  public IpAddress remote() {
    return key.remote();
  }

  public boolean isEstablished() {
    return established;
  }

  /** The other end sends no more, and everything is here. */
  public boolean allReceived() {
    return allReceived;
  }

  public byte[] received() {
    return received.toByteArray();
  }

  public @Nullable Abort abortedBy() {
    return aborted;
  }

  @Override
  public boolean hasRoom() {
    return true;
  }

  @Override
  public void emit(TcpHeader header, ByteRing data, int offset, int length, int segmentBytes) {
    byte[] payload = new byte[length];
    ByteBuffer[] views = new ByteBuffer[2];
    int count = data.views(offset, length, views, 0);
    int at = 0;
    for (int i = 0; i < count; i++) {
      int stretch = views[i].remaining();
      views[i].get(payload, at, stretch);
      at += stretch;
    }
    guest.sendTcp(key, header, payload);
  }

  @Override
  public void established() {
    established = true;
    sendSpace();
  }

  @Override
  public void received(ByteBuffer bytes) {
    byte[] copy = new byte[Math.min(bytes.remaining(), mayRead)];
    bytes.get(copy);
    received.writeBytes(copy);
    mayRead -= readBytes == Integer.MAX_VALUE ? 0 : copy.length;
    if (bytes.hasRemaining() && readBytes > 0) {
      reader.arm(network.now() + readEveryNanos);
    }
  }

  @Override
  public void receivedAll() {
    allReceived = true;
  }

  @Override
  public void sendSpace() {
    endpoint.sendBuffer().put(toSend);
    endpoint.transmit(network.now());
    if (!toSend.hasRemaining() && !ended && !keepOpen) {
      ended = true;
      endpoint.end(network.now());
    }
    rearm();
  }

  /** In TIME-WAIT a guest still answers a repeated FIN. */
  @Override
  public void finished() {
    forgetIfClosed();
  }

  private void forgetIfClosed() {
    if (endpoint.isClosed()) {
      gone = true;
      guest.forget(this);
    }
  }

  @Override
  public void aborted(Abort reason) {
    gone = true;
    aborted = reason;
    guest.forget(this);
  }
}
