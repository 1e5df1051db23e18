package dev.beagle.net.dns;

import dev.beagle.net.flow.TimerQueue;
import dev.beagle.net.host.HostDatagrams;
import dev.beagle.net.host.HostStream;
import dev.beagle.net.host.HostStream.ConnectFailure;
import dev.beagle.net.link.SwitchPort;
import dev.beagle.net.wire.IpAddress;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One question on its way: each resolver in turn, twice, 2 s each; over TCP where a resolver says
 * that the answer is longer. A socket of its own, so its port is as hard to guess as its id.
 */
final class DnsExchange implements HostStream.Events {
  private static final int PORT = 53;
  private static final long PATIENCE = 2_000_000_000L;
  private static final int ROUNDS = 2;
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  private final DnsForwarder forwarder;
  private final SwitchPort asker;
  private final DnsMessage query;
  private final List<IpAddress> servers;
  private final Consumer<@Nullable DnsMessage> outcome;
  private final TimerQueue.Timer timer;
  private ByteBuffer request = NOTHING;
  private ByteBuffer response = NOTHING;
  private @Nullable HostDatagrams socket;
  private @Nullable HostStream stream;
  private @Nullable DnsMessage failureReply;
  private int tries;
  private int heldBytes;
  private boolean done;

  DnsExchange(
      DnsForwarder forwarder,
      SwitchPort asker,
      DnsMessage query,
      List<IpAddress> servers,
      Consumer<@Nullable DnsMessage> outcome) {
    this.forwarder = forwarder;
    this.asker = asker;
    this.query = query;
    this.servers = servers;
    this.outcome = outcome;
    this.timer = forwarder.timers().timer(this::nextServer);
  }

  void start() {
    askServer();
  }

  private void nextServer() {
    closeSockets();
    tries++;
    askServer();
  }

  private void askServer() {
    while (tries < servers.size() * ROUNDS) {
      query.setId(forwarder.random().nextInt(0x10000));
      IpAddress server = servers.get(tries % servers.size());
      try {
        HostDatagrams opened = forwarder.sockets().open(server, PORT, this::datagramReadable);
        socket = opened;
        opened.send(query.bytes(), server, PORT);
        timer.arm(forwarder.now() + PATIENCE);
        return;
      } catch (IOException unreachable) {
        closeSockets();
        tries++;
      }
    }
    finish(failureReply);
  }

  private void datagramReadable() {
    HostDatagrams from = socket;
    while (from != null) {
      ByteBuffer buffer = forwarder.scratch();
      try {
        if (!from.receive(buffer)) {
          return;
        }
      } catch (IOException refused) {
        nextServer();
        return;
      }
      buffer.flip();
      if (new DnsMessage(buffer).answers(query)) {
        answered(new DnsMessage(ByteBuffer.allocate(buffer.limit()).put(buffer).flip()));
        return;
      }
    }
  }

  private void answered(DnsMessage reply) {
    closeSockets();
    if (reply.isTruncated()) {
      askOverTcp();
    } else if (reply.responseCode() == DnsMessage.SERVER_FAILURE
        || reply.responseCode() == DnsMessage.REFUSED) {
      failureReply = reply.bounded();
      nextServer();
    } else {
      finish(reply);
    }
  }

  private void askOverTcp() {
    request = ByteBuffer.allocate(2 + query.length());
    request.putShort((short) query.length()).put(query.bytes()).flip();
    response = ByteBuffer.allocate(2);
    timer.arm(forwarder.now() + PATIENCE);
    stream = forwarder.sockets().connect(servers.get(tries % servers.size()), PORT, this);
  }

  @Override
  public void connected() {
    writable();
  }

  @Override
  public void connectFailed(ConnectFailure why) {
    stream = null;
    nextServer();
  }

  @Override
  public void writable() {
    HostStream to = stream;
    if (to == null) {
      return;
    }
    try {
      to.write(request);
      to.wantWrite(request.hasRemaining());
      to.wantRead(!request.hasRemaining());
    } catch (IOException gone) {
      nextServer();
    }
  }

  @Override
  public void readable() {
    HostStream from = stream;
    if (from == null) {
      return;
    }
    try {
      int count = from.read(response);
      if (count < 0) {
        nextServer();
      } else if (!response.hasRemaining()) {
        streamFilled(from);
      }
    } catch (IOException gone) {
      nextServer();
    }
  }

  private void streamFilled(HostStream from) throws IOException {
    if (response.capacity() == 2) {
      int length = Math.max(response.getShort(0) & 0xFFFF, 3);
      if (!forwarder.bytes().take(asker, length)) {
        finish(null);
        return;
      }
      heldBytes = length;
      response = ByteBuffer.allocate(length);
      if (from.read(response) < 0 || response.hasRemaining()) {
        return;
      }
    }
    DnsMessage reply = new DnsMessage(response.flip());
    if (reply.answers(query)) {
      finish(reply);
    } else {
      nextServer();
    }
  }

  private void finish(@Nullable DnsMessage reply) {
    closeSockets();
    timer.cancel();
    if (!done) {
      done = true;
      outcome.accept(reply);
    }
  }

  private void closeSockets() {
    forwarder.bytes().giveBack(asker, heldBytes);
    heldBytes = 0;
    response = NOTHING;
    HostDatagrams datagrams = socket;
    HostStream open = stream;
    socket = null;
    stream = null;
    if (datagrams != null) {
      datagrams.close();
    }
    if (open != null) {
      open.close();
    }
  }
}
