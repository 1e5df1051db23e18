package dev.beagle.net.gateway;

import dev.beagle.net.flow.FlowKey;
import dev.beagle.net.flow.TimerQueue;
import dev.beagle.net.host.HostStream;
import dev.beagle.net.host.HostStream.ConnectFailure;
import dev.beagle.net.link.SwitchCounters.Counter;
import dev.beagle.net.link.SwitchPort;
import dev.beagle.net.tcp.ByteRing;
import dev.beagle.net.tcp.TcpEndpoint;
import dev.beagle.net.tcp.TcpLink;
import dev.beagle.net.tcp.TcpOwner;
import dev.beagle.net.wire.TcpHeader;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A TCP connection of a pod joined to a stream of the host. Bytes go from the frame to the socket
 * and from the socket to the send buffer without another copy; each side is read only while the
 * other takes.
 *
 * <p>Everything comes in by the methods of {@link HostStream.Events}, {@link #segment}, {@link
 * #flush}, {@link #portWritable} and {@link #timePassed}. None of them lets an exception out: one
 * that nobody foresaw ends this flow, with resets both ways, and no other. Confined to the
 * segment's thread.
 */
final class TcpFlow implements TcpLink, TcpOwner, HostStream.Events {
  /** Reads of one turn, so that a fast sender does not keep the others waiting. */
  private static final int READS_PER_TURN = 4;

  private static final int RESUME_READING_BYTES = 128 << 10;

  /** A pod repeats its SYN for so long: until then its tuple stays dead after a timeout. */
  private static final long TOMBSTONE_NANOS = 131_000_000_000L;

  private final FlowKey key;
  private final SwitchPort port;
  private final Surroundings around;
  private final TcpTable table;
  private final TcpEndpoint endpoint;
  private final TimerQueue.Timer timer;
  private final Runnable goOn = this::portWritable;
  private @Nullable HostStream host;
  private boolean hostConnected;
  private boolean established;
  private boolean hostEnded;
  private boolean hostBroken;
  private boolean readingPaused;
  private boolean waitingForPort;
  private boolean flushPending;
  private boolean buried;

  TcpFlow(FlowKey key, SwitchPort port, Surroundings around, TcpTable table) {
    this.key = key;
    this.port = port;
    this.around = around;
    this.table = table;
    this.endpoint = new TcpEndpoint(table.settingsFor(key), this, this, around.pool().share(port));
    this.timer = around.timers().timer(this::timePassed);
  }

  FlowKey key() {
    return key;
  }

  SwitchPort port() {
    return port;
  }

  TcpEndpoint endpoint() {
    return endpoint;
  }

  /** False until both ends have been there. */
  boolean isEstablished() {
    return established;
  }

  // ---- Opening

  /** A pod's SYN: the host's connection is made first, the SYN is answered by its outcome. */
  void openOutbound(TcpHeader syn, TcpTable.Connector connector) {
    try {
      endpoint.hold(syn);
      host = connector.connect(port, key, this);
    } catch (RuntimeException defect) {
      failed(defect);
    }
  }

  /** A caller of a published port: the pod is asked, then the caller's stream is read. */
  void openInbound(HostStream stream) {
    host = stream;
    hostConnected = true;
    try {
      endpoint.connect(around.now());
      rearm();
    } catch (RuntimeException defect) {
      failed(defect);
    }
  }

  @Override
  public void connected() {
    if (endpoint.isClosed()) {
      return; // It was killed before the news came.
    }
    try {
      hostConnected = true;
      around.count(Counter.TCP_OPENED);
      endpoint.accept(around.now());
      rearm();
    } catch (RuntimeException defect) {
      failed(defect);
    }
  }

  @Override
  public void connectFailed(ConnectFailure why) {
    host = null;
    if (endpoint.isClosed()) {
      return;
    }
    try {
      notConnected(why);
    } catch (RuntimeException defect) {
      failed(defect);
    }
  }

  private void notConnected(ConnectFailure why) {
    switch (why) {
      case REFUSED -> {
        around.count(Counter.TCP_REFUSED);
        endpoint.refuse();
        table.remove(this);
      }
      case HOST_UNREACHABLE, NETWORK_UNREACHABLE, DENIED -> {
        around.count(Counter.TCP_UNREACHABLE);
        table.unreachable(this, IcmpErrors.codeOf(why));
      }
      // Silence: the tombstone keeps the pod's own repetitions from starting again.
      case TIMED_OUT -> {
        buried = true;
        timer.arm(around.now() + TOMBSTONE_NANOS);
      }
      case LOCAL -> {
        around.count(Counter.TCP_LOCAL_FAILURE);
        table.remove(this);
      }
    }
  }

  // ---- From the pod

  void segment(TcpHeader in, ByteBuffer payload) {
    try {
      endpoint.segment(in, payload, around.now());
    } catch (RuntimeException defect) {
      failed(defect);
    }
    if (!flushPending && !buried) {
      flushPending = true;
      table.flushLater(this);
    }
  }

  /** Ends a batch of segments. */
  void flush() {
    flushPending = false;
    try {
      endpoint.flush();
      rearm();
    } catch (RuntimeException defect) {
      failed(defect);
    }
  }

  @Override
  public void established() {
    established = true;
    wantRead(true);
  }

  @Override
  public void received(ByteBuffer bytes) {
    HostStream to = host;
    if (to == null || hostBroken) {
      bytes.position(bytes.limit());
      return;
    }
    try {
      to.write(bytes);
      if (bytes.hasRemaining()) {
        to.wantWrite(true);
      }
    } catch (IOException gone) {
      // What the other end sent before may still be unread: reading goes on until it fails too.
      hostBroken = true;
      bytes.position(bytes.limit());
      to.wantWrite(false);
      wantRead(true);
    }
  }

  @Override
  public void receivedAll() {
    HostStream to = host;
    if (to != null && !hostBroken) {
      try {
        to.endOutput();
      } catch (IOException gone) {
        hostBroken = true;
      }
    }
  }

  @Override
  public void sendSpace() {
    if (readingPaused && endpoint.sendBuffer().free() >= RESUME_READING_BYTES) {
      wantRead(true);
    }
  }

  // ---- From the host

  @Override
  public void readable() {
    try {
      readHost();
      if (!endpoint.isClosed()) {
        endpoint.transmit(around.now());
      }
      rearm();
    } catch (RuntimeException defect) {
      failed(defect);
    }
  }

  private void readHost() {
    HostStream from = host;
    ByteRing buffer = endpoint.sendBuffer();
    for (int reads = 0; from != null && reads < READS_PER_TURN; reads++) {
      ByteBuffer space = buffer.space();
      if (!space.hasRemaining()) {
        wantRead(false);
        return;
      }
      int room = space.remaining();
      if (read(from, space) < room) {
        return; // The socket is empty.
      }
    }
  }

  private int read(HostStream from, ByteBuffer space) {
    try {
      int count = from.read(space);
      endpoint.sendBuffer().filled(Math.max(count, 0));
      if (count < 0) {
        hostEnded(hostBroken);
      }
      return count;
    } catch (IOException reset) {
      endpoint.sendBuffer().filled(0);
      hostBroken = true;
      hostEnded(true);
      return -1;
    }
  }

  private void hostEnded(boolean broken) {
    hostEnded = true;
    wantRead(false);
    if (broken) {
      endpoint.resetAfterData(around.now());
    } else {
      endpoint.end(around.now());
    }
  }

  @Override
  public void writable() {
    try {
      endpoint.drain(around.now());
      HostStream to = host;
      if (to != null && !endpoint.hasWaitingBytes()) {
        to.wantWrite(false);
      }
      rearm();
    } catch (RuntimeException defect) {
      failed(defect);
    }
  }

  private void wantRead(boolean wanted) {
    readingPaused = !wanted && !hostEnded;
    HostStream from = host;
    if (from != null && hostConnected) {
      from.wantRead(wanted && !hostEnded);
    }
  }

  // ---- Link

  @Override
  public boolean hasRoom() {
    if (port.writable()) {
      return true;
    }
    if (!waitingForPort) {
      waitingForPort = true;
      port.whenWritable(goOn);
    }
    return false;
  }

  @Override
  public void emit(TcpHeader header, ByteRing data, int offset, int length, int segmentBytes) {
    around.sender().tcp(port, key, header, data, offset, length, segmentBytes);
  }

  private void portWritable() {
    waitingForPort = false;
    try {
      endpoint.transmit(around.now());
      rearm();
    } catch (RuntimeException defect) {
      failed(defect);
    }
  }

  // ---- Ending

  @Override
  public void finished() {
    closeHost();
    if (endpoint.isClosed()) {
      table.remove(this);
    }
  }

  @Override
  public void aborted(Abort reason) {
    HostStream to = host;
    host = null;
    table.remove(this);
    if (to == null) {
      return;
    }
    if (reason == Abort.FORGOTTEN) {
      to.close(); // A reset would take back what the host's kernel has still to send.
    } else {
      to.reset();
    }
  }

  /** Ends both sides at once: the port is gone, or there is no room. */
  void kill() {
    endpoint.reset();
    aborted(Abort.DONE);
  }

  private void closeHost() {
    HostStream to = host;
    host = null;
    if (to != null) {
      to.close();
    }
  }

  /** An exception that nobody foresaw, in this flow: it is given up. */
  @Override
  public void failed(RuntimeException defect) {
    around.defects().accept(defect);
    try {
      kill();
    } catch (RuntimeException again) {
      around.defects().accept(again);
      endpoint.close();
      aborted(Abort.DONE);
    }
  }

  /** Out of the table: nothing holds on to it. */
  void forgotten() {
    timer.cancel();
    port.forget(goOn);
  }

  private void timePassed() {
    if (buried) {
      table.remove(this);
      return;
    }
    try {
      endpoint.timePassed(around.now());
      if (endpoint.isClosed()) {
        table.remove(this);
      }
      rearm();
    } catch (RuntimeException defect) {
      failed(defect);
    }
  }

  private void rearm() {
    if (endpoint.isClosed()) {
      timer.cancel();
    } else if (!buried) {
      timer.arm(endpoint.deadline());
    }
  }
}
