package dev.beagle.net.dns;

import dev.beagle.net.flow.TimerQueue;
import dev.beagle.net.host.HostSockets;
import dev.beagle.net.host.HostStream;
import dev.beagle.net.link.SwitchCounters;
import dev.beagle.net.link.SwitchCounters.Counter;
import dev.beagle.net.wire.IpAddress;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Passes DNS questions on to the resolvers of the host as they are (RFC 5625): only the id and the
 * size of the answer are ours. A question that no resolver answers gets SERVFAIL, never NXDOMAIN,
 * which would be remembered. Serves UDP and TCP. Confined to the segment's thread.
 */
public final class DnsForwarder {
  private static final int LARGEST_DATAGRAM = 1232;
  private static final int OUTSTANDING = 1024;

  private final HostSockets sockets;
  private final TimerQueue timers;
  private final LongSupplier clock;
  private final SwitchCounters counters;
  private final ResolverList resolvers;
  private final RandomGenerator random;
  private int outstanding;

  /**
   * @param random where query ids come from; unguessable outside tests (RFC 5452)
   */
  public DnsForwarder(
      HostSockets sockets,
      TimerQueue timers,
      LongSupplier clock,
      SwitchCounters counters,
      ResolverList resolvers,
      RandomGenerator random) {
    this.sockets = sockets;
    this.timers = timers;
    this.clock = clock;
    this.counters = counters;
    this.resolvers = resolvers;
    this.random = random;
  }

  HostSockets sockets() {
    return sockets;
  }

  TimerQueue timers() {
    return timers;
  }

  long now() {
    return clock.getAsLong();
  }

  RandomGenerator random() {
    return random;
  }

  /** A question that came as a datagram; the answer may come during the call, or never. */
  public void ask(ByteBuffer question, Consumer<ByteBuffer> answer) {
    ask(question, false, answer);
  }

  void ask(ByteBuffer question, boolean overTcp, Consumer<ByteBuffer> answer) {
    counters.increment(Counter.DNS_QUERIES);
    ByteBuffer copy = ByteBuffer.allocate(question.remaining()).put(question.duplicate()).flip();
    DnsMessage query = new DnsMessage(copy);
    if (!query.hasHeader() || query.isResponse()) {
      counters.increment(Counter.DNS_FAILED);
      return;
    }
    int refusal = refusal(query);
    if (refusal != DnsMessage.NO_ERROR) {
      counters.increment(Counter.DNS_FAILED);
      answer.accept(query.emptyAnswer(refusal, false));
      return;
    }
    int id = query.id();
    int limit = overTcp ? 0xFFFF : limitSize(query);
    List<IpAddress> servers = resolvers.servers(now());
    outstanding++;
    new DnsExchange(this, query, servers, reply -> finish(query, id, limit, reply, answer)).start();
  }

  private int refusal(DnsMessage query) {
    if (query.operation() != 0) {
      return DnsMessage.NOT_IMPLEMENTED;
    }
    if (query.questionEnd() < 0) {
      return DnsMessage.FORMAT_ERROR;
    }
    return outstanding >= OUTSTANDING ? DnsMessage.REFUSED : DnsMessage.NO_ERROR;
  }

  /** How much the asker takes; what the resolver is told is bounded by what fits a frame. */
  private static int limitSize(DnsMessage query) {
    int at = query.payloadSizeAt();
    if (at < 0) {
      return DnsMessage.PLAIN_LIMIT;
    }
    ByteBuffer bytes = query.bytes();
    int size = Math.clamp(bytes.getShort(at) & 0xFFFF, DnsMessage.PLAIN_LIMIT, LARGEST_DATAGRAM);
    bytes.putShort(at, (short) size);
    return size;
  }

  private void finish(
      DnsMessage query,
      int id,
      int limit,
      @Nullable DnsMessage reply,
      Consumer<ByteBuffer> answer) {
    outstanding--;
    query.setId(id);
    if (reply == null) {
      counters.increment(Counter.DNS_FAILED);
      answer.accept(query.emptyAnswer(DnsMessage.SERVER_FAILURE, false));
    } else if (reply.length() > limit) {
      answer.accept(query.emptyAnswer(reply.responseCode(), true));
    } else {
      reply.setId(id);
      answer.accept(reply.bytes());
    }
  }

  /**
   * A pod's connection to the gateway, as the stream that its flow is joined to.
   *
   * @param served false for ports where nothing listens
   */
  public HostStream open(boolean served, HostStream.Events events) {
    return new DnsStream(this, served, events);
  }
}
