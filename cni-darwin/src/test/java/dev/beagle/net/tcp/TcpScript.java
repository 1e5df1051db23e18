package dev.beagle.net.tcp;

import dev.beagle.net.wire.TcpHeader;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * An endpoint between a scripted peer and a scripted owner. Segments are written as text: flags,
 * {@code sequence:length}, {@code ack}, {@code window}, relative to the initial numbers.
 */
final class TcpScript implements TcpLink, TcpOwner {
  static final int OURS = 1_000_000;
  static final int PEERS = 0xFFFF_FF00; // Wraps soon.

  private final List<String> sent = new ArrayList<>();
  private final List<String> events = new ArrayList<>();
  private final StringBuilder received = new StringBuilder();
  private final TcpEndpoint endpoint;
  private long now;
  private boolean room = true;
  private int takes = Integer.MAX_VALUE;

  TcpScript() {
    this(1 << 20, OURS);
  }

  TcpScript(int bufferBytes, int initialSequence) {
    endpoint =
        new TcpEndpoint(
            new TcpSettings(1460, 65_495, bufferBytes, initialSequence),
            this,
            this,
            new BufferPool(16 << 20).share("script"));
  }

  TcpEndpoint endpoint() {
    return endpoint;
  }

  /** How many bytes the owner takes from now on. */
  TcpScript owner(int bytes) {
    takes = bytes;
    return this;
  }

  TcpScript linkHasRoom(boolean hasRoom) {
    room = hasRoom;
    return this;
  }

  /** Opens passively with a usual SYN. */
  TcpScript opened() {
    return opened(1460, 7, 64_240);
  }

  TcpScript opened(int segmentBytes, int scale, int window) {
    TcpHeader syn = header(TcpHeader.SYN, 0, 0, window);
    syn.maximumSegmentSize = segmentBytes;
    syn.windowScale = scale;
    endpoint.hold(syn);
    endpoint.accept(now);
    peer(TcpHeader.ACK, 1, 1, window, "");
    sent.clear();
    events.clear();
    return this;
  }

  static TcpHeader header(int flags, int sequence, int acknowledgment, int window) {
    TcpHeader header = new TcpHeader();
    header.flags = flags;
    header.sequence = PEERS + sequence;
    header.acknowledgment = (flags & TcpHeader.ACK) == 0 ? 0 : OURS + acknowledgment;
    header.window = window;
    header.windowScale = -1;
    return header;
  }

  /** A segment of the peer, then the end of the batch. */
  TcpScript peer(int flags, int sequence, int acknowledgment, int window, String payload) {
    endpoint.segment(
        header(flags, sequence, acknowledgment, window),
        ByteBuffer.wrap(payload.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1)),
        now);
    endpoint.flush();
    return this;
  }

  TcpScript send(int bytes) {
    endpoint.sendBuffer().put(ByteBuffer.allocate(bytes));
    endpoint.transmit(now);
    return this;
  }

  TcpScript end() {
    endpoint.end(now);
    return this;
  }

  /** Lets time pass, timers included. */
  TcpScript pass(long milliseconds) {
    long until = now + milliseconds * 1_000_000;
    while (endpoint.deadline() <= until) {
      now = Math.max(now, endpoint.deadline());
      endpoint.timePassed(now);
    }
    now = until;
    return this;
  }

  /** What was sent since the last time. */
  List<String> sent() {
    List<String> copy = List.copyOf(sent);
    sent.clear();
    return copy;
  }

  List<String> events() {
    List<String> copy = List.copyOf(events);
    events.clear();
    return copy;
  }

  String received() {
    return received.toString();
  }

  TcpScript drain() {
    endpoint.drain(now);
    return this;
  }

  @Override
  public boolean hasRoom() {
    return room;
  }

  @Override
  public void emit(TcpHeader header, ByteRing data, int offset, int length, int segmentBytes) {
    StringBuilder text = new StringBuilder();
    String[] names = {"F", "S", "R", "P", "A"};
    for (int bit = 0; bit < names.length; bit++) {
      text.append((header.flags & 1 << bit) != 0 ? names[bit] : "");
    }
    text.append(' ').append(header.sequence - (header.sequence == 0 ? 0 : OURS));
    text.append(':').append(length);
    if (header.has(TcpHeader.ACK)) {
      text.append(" ack ").append(header.acknowledgment - PEERS);
    }
    sent.add(text.toString());
  }

  @Override
  public void established() {
    events.add("established");
  }

  @Override
  public void received(ByteBuffer bytes) {
    int count = Math.min(bytes.remaining(), takes);
    for (int i = 0; i < count; i++) {
      received.append((char) bytes.get());
    }
    takes -= count;
  }

  @Override
  public void receivedAll() {
    events.add("receivedAll");
  }

  @Override
  public void sendSpace() {}

  @Override
  public void finished() {
    events.add("finished");
  }

  @Override
  public void aborted(Abort reason) {
    events.add(reason.name().toLowerCase(Locale.ROOT));
  }
}
