package dev.beagle.net.dns;

import dev.beagle.net.flow.TimerQueue;
import dev.beagle.net.host.HostStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;

/** DNS over TCP as the far end of a pod's connection to the gateway (RFC 7766). */
final class DnsStream implements HostStream {
  private static final int LONGEST = 2 + 0xFFFF;
  private static final int ANSWERS_WAITING = 64;

  private final DnsForwarder forwarder;
  private final boolean served;
  private final Events events;
  private final TimerQueue.Timer wake;
  private final ArrayDeque<ByteBuffer> answers = new ArrayDeque<>();
  private ByteBuffer input = ByteBuffer.allocate(1024);
  private int outstanding;
  private boolean opened;
  private boolean reading;
  private boolean writeWanted;
  private boolean ended;
  private boolean closed;

  DnsStream(DnsForwarder forwarder, boolean served, Events events) {
    this.forwarder = forwarder;
    this.served = served;
    this.events = events;
    this.wake = forwarder.timers().timer(this::signal);
    wake.arm(forwarder.now());
  }

  private void signal() {
    if (closed) {
      return;
    }
    if (!opened) {
      opened = true;
      if (served) {
        events.connected();
      } else {
        events.connectFailed(ConnectFailure.REFUSED);
      }
      return;
    }
    if (reading && (!answers.isEmpty() || isAtEnd())) {
      events.readable();
    }
    if (writeWanted && hasRoom()) {
      events.writable();
    }
  }

  private boolean isAtEnd() {
    return ended && outstanding == 0 && answers.isEmpty();
  }

  private boolean hasRoom() {
    return outstanding + answers.size() < ANSWERS_WAITING;
  }

  @Override
  public int write(ByteBuffer bytes) throws IOException {
    int before = bytes.remaining();
    while (bytes.hasRemaining() && hasRoom()) {
      if (!input.hasRemaining()) {
        int grown = Math.min(input.capacity() * 4, LONGEST);
        input = ByteBuffer.allocate(grown).put(input.flip());
      }
      int stretch = Math.min(bytes.remaining(), input.remaining());
      input.put(input.position(), bytes, bytes.position(), stretch);
      input.position(input.position() + stretch);
      bytes.position(bytes.position() + stretch);
      takeQuestions();
    }
    return before - bytes.remaining();
  }

  private void takeQuestions() {
    input.flip();
    while (input.remaining() >= 2
        && input.remaining() >= 2 + (input.getShort(input.position()) & 0xFFFF)) {
      int length = input.getShort() & 0xFFFF;
      ByteBuffer question = input.slice(input.position(), length);
      input.position(input.position() + length);
      outstanding++;
      boolean[] answered = new boolean[1];
      forwarder.ask(
          question,
          true,
          answer -> {
            answered[0] = true;
            answered(answer);
          });
      if (!answered[0] && (length < DnsMessage.HEADER || (question.get(2) & 0x80) != 0)) {
        outstanding--; // Not a question: nobody will answer.
      }
    }
    input.compact();
  }

  private void answered(ByteBuffer answer) {
    outstanding--;
    ByteBuffer framed = ByteBuffer.allocate(2 + answer.remaining());
    answers.add(framed.putShort((short) answer.remaining()).put(answer).flip());
    wake.arm(forwarder.now());
  }

  @Override
  public int read(ByteBuffer into) {
    int count = 0;
    while (into.hasRemaining() && !answers.isEmpty()) {
      ByteBuffer head = answers.getFirst();
      int stretch = Math.min(into.remaining(), head.remaining());
      into.put(into.position(), head, head.position(), stretch);
      into.position(into.position() + stretch);
      head.position(head.position() + stretch);
      count += stretch;
      if (!head.hasRemaining()) {
        answers.removeFirst();
      }
    }
    if (writeWanted) {
      wake.arm(forwarder.now());
    }
    return count == 0 && isAtEnd() ? -1 : count;
  }

  @Override
  public void wantRead(boolean wanted) {
    reading = wanted;
    if (wanted) {
      wake.arm(forwarder.now());
    }
  }

  @Override
  public void wantWrite(boolean wanted) {
    writeWanted = wanted;
    if (wanted) {
      wake.arm(forwarder.now());
    }
  }

  @Override
  public void endOutput() {
    ended = true;
    wake.arm(forwarder.now());
  }

  @Override
  public void close() {
    closed = true;
    wake.cancel();
  }

  @Override
  public void reset() {
    close();
  }
}
