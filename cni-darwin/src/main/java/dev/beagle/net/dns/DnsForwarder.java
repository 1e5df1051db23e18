package dev.beagle.net.dns;

import dev.beagle.net.flow.Quota;
import dev.beagle.net.flow.TimerQueue;
import dev.beagle.net.host.HostSockets;
import dev.beagle.net.host.HostStream;
import dev.beagle.net.link.SwitchCounters;
import dev.beagle.net.link.SwitchCounters.Counter;
import dev.beagle.net.link.SwitchPort;
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
 *
 * <p>Pods decide how much is asked and how slowly it is answered, so questions, connections and
 * bytes are bounded in all and for each port; what is too much gets REFUSED.
 */
public final class DnsForwarder {
  private static final int LARGEST_DATAGRAM = 1232;
  private static final int OUTSTANDING = 1024;
  private static final int CONNECTIONS = 1024;
  private static final long HELD_BYTES = 8 << 20;

  /** In bytes. Names have 255 at most; what is longer is no question that a resolver would take. */
  static final int LONGEST_QUESTION = 4096;

  private final HostSockets sockets;
  private final TimerQueue timers;
  private final LongSupplier clock;
  private final SwitchCounters counters;
  private final ResolverList resolvers;
  private final RandomGenerator random;
  private final Quota<SwitchPort> questions = new Quota<>(OUTSTANDING);
  private final Quota<SwitchPort> connections = new Quota<>(CONNECTIONS);
  private final Quota<SwitchPort> bytes = new Quota<>(HELD_BYTES);
  private final ByteBuffer scratch = ByteBuffer.allocate(0xFFFF);

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

  /** What is held for ports: questions on their way, answers that nobody took yet. */
  Quota<SwitchPort> bytes() {
    return bytes;
  }

  /** Bytes of questions and answers that wait, of all ports. */
  public long heldBytes() {
    return bytes.sum();
  }

  /** Open connections to us. */
  Quota<SwitchPort> connections() {
    return connections;
  }

  /** One buffer for what resolvers send, used up before the next is received. */
  ByteBuffer scratch() {
    return scratch.clear();
  }

  /**
   * A question that came as a datagram; the answer may come during the call, or never.
   *
   * @param from the port that asks, and whose share it counts in
   */
  public void ask(SwitchPort from, ByteBuffer question, Consumer<ByteBuffer> answer) {
    ask(from, question, false, answer);
  }

  void ask(SwitchPort from, ByteBuffer question, boolean overTcp, Consumer<ByteBuffer> answer) {
    counters.increment(Counter.DNS_QUERIES);
    DnsMessage seen = new DnsMessage(question.slice());
    if (!seen.hasHeader() || seen.isResponse()) {
      counters.increment(Counter.DNS_FAILED);
      return;
    }
    int refusal = refusal(from, seen);
    if (refusal != DnsMessage.NO_ERROR) {
      counters.increment(Counter.DNS_FAILED);
      answer.accept(seen.emptyAnswer(refusal, false));
      return;
    }
    ByteBuffer copy = ByteBuffer.allocate(question.remaining()).put(question.duplicate()).flip();
    DnsMessage query = new DnsMessage(copy);
    int id = query.id();
    int limit = overTcp ? 0xFFFF : limitSize(query);
    List<IpAddress> servers = resolvers.servers(now());
    Consumer<@Nullable DnsMessage> outcome =
        reply -> {
          questions.giveBack(from, 1);
          bytes.giveBack(from, query.length());
          finish(query, id, limit, reply, answer);
        };
    new DnsExchange(this, from, query, servers, outcome).start();
  }

  /** NO_ERROR if it is passed on: then it holds its part of the port's share. */
  private int refusal(SwitchPort from, DnsMessage query) {
    if (query.operation() != 0) {
      return DnsMessage.NOT_IMPLEMENTED;
    }
    if (query.length() > LONGEST_QUESTION || query.questionEnd() < 0) {
      return DnsMessage.FORMAT_ERROR;
    }
    if (!questions.take(from, 1)) {
      return DnsMessage.REFUSED;
    }
    if (!bytes.take(from, query.length())) {
      questions.giveBack(from, 1);
      return DnsMessage.REFUSED;
    }
    return DnsMessage.NO_ERROR;
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
  public HostStream open(SwitchPort from, boolean served, HostStream.Events events) {
    return new DnsStream(this, from, served && connections.take(from, 1), events);
  }
}
