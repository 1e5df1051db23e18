package dev.beagle.net.dns;

import dev.beagle.net.flow.TimerQueue;
import dev.beagle.net.host.HostStream;
import dev.beagle.net.link.SwitchPort;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;

/**
 * DNS over TCP as the far end of a pod's connection to the gateway (RFC 7766). Of a question that
 * is too long only so much is kept that the forwarder sees it. A pod that asks on and takes no
 * answers loses the connection once they fill its share.
 */
final class DnsStream implements HostStream {
  private static final int KEPT_QUESTION = DnsForwarder.LONGEST_QUESTION + 1;
  private static final int ANSWERS_WAITING = 64;

  private final DnsForwarder forwarder;
  private final SwitchPort from;
  private final boolean served;
  private final Events events;
  private final TimerQueue.Timer wake;
  private final ArrayDeque<ByteBuffer> answers = new ArrayDeque<>();
  private ByteBuffer input = ByteBuffer.allocate(512);
  private int outstanding;
  private int toSkip;
  private boolean overfull;
  private boolean opened;
  private boolean reading;
  private boolean writeWanted;
  private boolean ended;
  private boolean closed;

  /**
   * @param served false to refuse the connection; true if it holds its part of the port's share
   */
  DnsStream(DnsForwarder forwarder, SwitchPort from, boolean served, Events events) {
    this.forwarder = forwarder;
    this.from = from;
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
    if (reading && (overfull || !answers.isEmpty() || isAtEnd())) {
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
    checkNotOverfull();
    int before = bytes.remaining();
    while (bytes.hasRemaining() && hasRoom()) {
      int skipped = Math.min(toSkip, bytes.remaining());
      bytes.position(bytes.position() + skipped);
      toSkip -= skipped;
      if (!input.hasRemaining()) {
        int grown = Math.min(input.capacity() * 4, 2 + KEPT_QUESTION);
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
    while (input.remaining() >= 2 && input.remaining() >= 2 + keptLength()) {
      int length = keptLength();
      toSkip = (input.getShort() & 0xFFFF) - length;
      ByteBuffer question = input.slice(input.position(), length);
      input.position(input.position() + length);
      outstanding++;
      boolean[] answered = new boolean[1];
      forwarder.ask(
          from,
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

  /** How much is kept of the question whose length comes next. */
  private int keptLength() {
    return Math.min(input.getShort(input.position()) & 0xFFFF, KEPT_QUESTION);
  }

  private void answered(ByteBuffer answer) {
    outstanding--;
    if (closed || overfull) {
      return;
    }
    int length = 2 + answer.remaining();
    if (forwarder.bytes().take(from, length)) {
      ByteBuffer framed = ByteBuffer.allocate(length);
      answers.add(framed.putShort((short) answer.remaining()).put(answer).flip());
    } else {
      overfull = true;
      dropAnswers();
    }
    wake.arm(forwarder.now());
  }

  private void checkNotOverfull() throws IOException {
    if (overfull) {
      throw new IOException("more answers wait than port " + from + " may have");
    }
  }

  private void dropAnswers() {
    for (ByteBuffer answer : answers) {
      forwarder.bytes().giveBack(from, answer.capacity());
    }
    answers.clear();
  }

  @Override
  public int read(ByteBuffer into) throws IOException {
    checkNotOverfull();
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
        forwarder.bytes().giveBack(from, head.capacity());
      }
    }
    if (writeWanted || (reading && (isAtEnd() || !answers.isEmpty()))) {
      wake.arm(
          forwarder.now()); // As a socket does: what was not read yet, or the end, is told again.
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
    if (!closed) {
      closed = true;
      wake.cancel();
      dropAnswers();
      if (served) {
        forwarder.connections().giveBack(from, 1);
      }
    }
  }

  @Override
  public void reset() {
    close();
  }
}
