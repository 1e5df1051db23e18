package dev.beagle.net.testing;

import dev.beagle.net.flow.TimerQueue;
import dev.beagle.net.host.HostDatagrams;
import dev.beagle.net.host.HostSockets;
import dev.beagle.net.host.HostStream;
import dev.beagle.net.host.HostStream.ConnectFailure;
import dev.beagle.net.wire.IpAddress;
import java.io.IOException;
import java.net.BindException;
import java.net.PortUnreachableException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** A host whose world is what a test says: servers in memory, and addresses that fail. */
public final class SimulatedHostSockets implements HostSockets {
  private final TimerQueue timers;
  private final LongSupplier now;
  private final Map<String, Peer> servers = new HashMap<>();
  private final Map<String, ConnectFailure> failing = new HashMap<>();
  private final Map<String, Function<ByteBuffer, List<ByteBuffer>>> answering = new HashMap<>();
  private final Map<Integer, Listener> listeners = new HashMap<>();
  private final Map<Integer, Datagrams> bound = new HashMap<>();
  private final List<SimulatedStream> streams = new ArrayList<>();
  private int openDatagrams;
  private int nextPort = 40_000;

  public SimulatedHostSockets(TimerQueue timers, LongSupplier now) {
    this.timers = timers;
    this.now = now;
  }

  /** What happens at the far end of a stream, each time that something changed there. */
  @FunctionalInterface
  public interface Peer {
    void changed(SimulatedStream stream);
  }

  private static String key(@Nullable IpAddress address, int port) {
    return address + ":" + port;
  }

  /** A server at that address. */
  public void serve(IpAddress address, int port, Peer peer) {
    servers.put(key(address, port), peer);
  }

  /** Connecting there fails so; what is neither served nor named is refused. */
  public void fail(IpAddress address, int port, ConnectFailure failure) {
    failing.put(key(address, port), failure);
  }

  /** A datagram server: what it answers to each. */
  public void answer(IpAddress address, int port, Function<ByteBuffer, List<ByteBuffer>> answers) {
    answering.put(key(address, port), answers);
  }

  /** Streams that were opened, in order. */
  public List<SimulatedStream> streams() {
    return streams;
  }

  /** Sockets that are open now. */
  public int open() {
    return openDatagrams
        + (int) streams.stream().filter(stream -> !stream.closed() && !stream.failed()).count();
  }

  /** Somebody outside calls a listening port. */
  public SimulatedStream call(int port, IpAddress caller, int callerPort, Peer peer) {
    Listener listener = listeners.get(port);
    if (listener == null) {
      throw new IllegalStateException("nobody listens on " + port);
    }
    SimulatedStream stream = new SimulatedStream(timers, now, peer);
    streams.add(stream);
    stream.accept(listener.acceptor.accepted(stream, caller, callerPort));
    return stream;
  }

  @Override
  public HostStream connect(IpAddress remote, int port, HostStream.Events events) {
    Peer peer = servers.get(key(remote, port));
    SimulatedStream stream = new SimulatedStream(timers, now, peer == null ? _ -> {} : peer);
    streams.add(stream);
    ConnectFailure failure =
        failing.getOrDefault(key(remote, port), peer == null ? ConnectFailure.REFUSED : null);
    stream.connect(events, failure);
    return stream;
  }

  private record Listener(int port, Acceptor acceptor, Map<Integer, Listener> all)
      implements HostListener {
    @Override
    public void close() {
      all.remove(port, this);
    }
  }

  @Override
  public HostListener listen(@Nullable IpAddress address, int port, Acceptor acceptor)
      throws IOException {
    if (listeners.containsKey(port)) {
      throw new BindException("Address already in use");
    }
    Listener listener = new Listener(port, acceptor, listeners);
    listeners.put(port, listener);
    return listener;
  }

  @Override
  public HostDatagrams open(@Nullable IpAddress remote, int port, Runnable readable) {
    openDatagrams++;
    return new Datagrams(remote, port, readable);
  }

  @Override
  public HostDatagrams bind(@Nullable IpAddress address, int port, Runnable readable) {
    openDatagrams++;
    Datagrams datagrams = new Datagrams(null, 0, readable);
    bound.put(port, datagrams);
    return datagrams;
  }

  /** Somebody outside sends to a bound port. */
  public void datagram(int port, IpAddress caller, int callerPort, byte[] bytes) {
    Datagrams to = bound.get(port);
    if (to == null) {
      throw new IllegalStateException("nobody is bound to " + port);
    }
    to.waiting.add(new Datagram(ByteBuffer.wrap(bytes), caller, callerPort));
    to.signal();
  }

  /** A port number that was not used yet. */
  public int freshPort() {
    return nextPort++;
  }

  private record Datagram(ByteBuffer bytes, IpAddress from, int port) {}

  private final class Datagrams implements HostDatagrams {
    private final @Nullable IpAddress remote;
    private final Runnable readable;
    private final ArrayDeque<Datagram> waiting = new ArrayDeque<>();
    private IpAddress source;
    private int sourcePort;
    private boolean refused;
    private boolean closed;

    Datagrams(@Nullable IpAddress remote, int port, Runnable readable) {
      this.remote = remote;
      this.readable = readable;
      this.source = remote == null ? IpAddress.ofIpv4(0) : remote;
      this.sourcePort = port;
    }

    @Override
    public boolean send(ByteBuffer datagram, IpAddress to, int port) throws IOException {
      if (refused) {
        refused = false;
        throw new PortUnreachableException();
      }
      Function<ByteBuffer, List<ByteBuffer>> answers = answering.get(key(to, port));
      ByteBuffer copy = ByteBuffer.allocate(datagram.remaining()).put(datagram).flip();
      if (answers == null) {
        refused = remote != null;
      } else {
        for (ByteBuffer answer : answers.apply(copy)) {
          waiting.add(new Datagram(answer, to, port));
        }
      }
      timers.timer(this::signal).arm(now.getAsLong() + 1000);
      return true;
    }

    private void signal() {
      if (!closed && (refused || !waiting.isEmpty())) {
        readable.run();
      }
    }

    @Override
    public boolean receive(ByteBuffer into) throws IOException {
      if (refused) {
        refused = false;
        throw new PortUnreachableException();
      }
      Datagram next = waiting.poll();
      if (next == null) {
        return false;
      }
      into.put(next.bytes);
      source = next.from;
      sourcePort = next.port;
      return true;
    }

    @Override
    public IpAddress source() {
      return source;
    }

    @Override
    public int sourcePort() {
      return sourcePort;
    }

    @Override
    public void close() {
      if (!closed) {
        closed = true;
        openDatagrams--;
      }
    }
  }
}
