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
  private @Nullable Abort aborted;
  private boolean established;
  private boolean allReceived;
  private boolean ended;
  private boolean keepOpen;

  GuestConnection(SimulatedNetwork network, SimulatedGuest guest, FlowKey key, byte[] toSend) {
    this.network = network;
    this.guest = guest;
    this.key = key;
    this.toSend = ByteBuffer.wrap(toSend);
    TcpSettings settings = new TcpSettings(1460, 1460, 128 << 10, (int) network.now() * 31);
    this.endpoint = new TcpEndpoint(settings, this, this, network.guestPool().share(key.guest()));
    this.timer = network.timers().timer(this::timePassed);
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
    rearm();
  }

  private void rearm() {
    timer.arm(endpoint.deadline());
  }

  /** Does not end after the last byte. */
  public GuestConnection keepOpen() {
    keepOpen = true;
    return this;
  }

  /** Resets the connection. */
  public void reset() {
    endpoint.reset();
    guest.forget(this);
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
    byte[] copy = new byte[bytes.remaining()];
    bytes.get(copy);
    received.writeBytes(copy);
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

  @Override
  public void finished() {
    guest.forget(this);
  }

  @Override
  public void aborted(Abort reason) {
    aborted = reason;
    guest.forget(this);
  }
}
