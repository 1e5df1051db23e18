package dev.beagle.runtime.virtio.vsock;

import static dev.beagle.runtime.virtio.vsock.VsockHeader.NO_RECEIVE;
import static dev.beagle.runtime.virtio.vsock.VsockHeader.NO_SEND;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * One stream. What it has to say waits as one bit each, so a guest that takes nothing makes it hold
 * no more than its buffer. Belongs to the device's worker thread.
 */
final class VsockStream {
  /** Which two ports it joins, unsigned. */
  record Ports(int host, int guest) {}

  private enum State {
    /** The host asked, the guest has not answered. */
    REQUESTED,
    OPEN,
    /** The guest has left; the host's end takes what it had sent before. */
    LEFT,
    /** It is reset as soon as the guest takes a packet; the host's end is closed. */
    RESETTING,
    ENDED
  }

  private static final int BOTH = NO_RECEIVE | NO_SEND;

  final Ports ports;
  private final HostEnd end;
  private final GuestCredit credit = new GuestCredit();
  private final HostBuffer buffer = new HostBuffer();
  private State state;

  /** Of SHUTDOWN: what the guest has said, what is to be said to it, and what was. */
  private int guestShut;

  private int hostShut;
  private int hostShutTold;

  private boolean owesRequest;
  private boolean owesCredit;
  private boolean readable;
  private boolean finished;
  private boolean queued;

  private VsockStream(Ports ports, HostEnd end, State state) {
    this.ports = ports;
    this.end = end;
    this.state = state;
  }

  /** The host opens it. */
  static VsockStream requested(Ports ports, HostEnd end) {
    VsockStream stream = new VsockStream(ports, end, State.REQUESTED);
    stream.owesRequest = true;
    return stream;
  }

  HostEnd end() {
    return end;
  }

  /** Whether it waits for its turn to send. */
  boolean queued() {
    return queued;
  }

  void queued(boolean waits) {
    queued = waits;
  }

  boolean ended() {
    return state == State.ENDED;
  }

  /**
   * Whether there is a packet for the guest; a look at the host's end may find that there is not.
   */
  boolean wantsToSend() {
    return switch (state) {
      case REQUESTED -> owesRequest;
      case OPEN -> owesCredit || hostShut != hostShutTold || mayRead();
      case RESETTING -> true;
      case LEFT, ENDED -> false;
    };
  }

  private boolean mayRead() {
    return readable
        && (hostShut & NO_SEND) == 0
        && (guestShut & NO_RECEIVE) == 0
        && credit.room() > 0;
  }

  /** The host's end has bytes, or its end. */
  void readable() {
    readable = true;
  }

  /** The host's end takes bytes again. */
  void writable() {
    if (state == State.OPEN || state == State.LEFT) {
      guarded(() -> buffer.drain(end));
      settle();
    }
  }

  /** A packet of the guest for this stream, other than RESET. */
  void receive(VsockHeader header, ByteBuffer payload) {
    if (state == State.RESETTING) {
      return;
    }
    credit.told(header);
    switch (header.operation()) {
      case VsockHeader.RESPONSE -> {
        if (state == State.REQUESTED && !owesRequest) {
          state = State.OPEN;
          readable = true;
        } else {
          reset();
        }
      }
      case VsockHeader.DATA -> {
        if (state == State.OPEN && (guestShut & NO_SEND) == 0) {
          guarded(() -> buffer.add(payload, end));
        } else {
          reset();
        }
      }
      case VsockHeader.SHUTDOWN -> {
        if (state == State.OPEN) {
          guestShut |= header.flags() & BOTH;
        } else {
          reset();
        }
      }
      case VsockHeader.CREDIT_UPDATE -> {
        // It was told above.
      }
      case VsockHeader.CREDIT_REQUEST -> owesCredit = true;
      default -> reset();
    }
    settle();
  }

  /** The guest ended it, or never had it. */
  void resetByGuest() {
    switch (state) {
      case REQUESTED -> {
        state = State.ENDED;
        end.refused();
      }
      case OPEN -> {
        state = State.LEFT;
        settle();
      }
      case RESETTING -> state = State.ENDED;
      case LEFT, ENDED -> {
        // It was told of already.
      }
    }
  }

  /** Ends it; the guest is told when it takes a packet. */
  void reset() {
    if (state == State.REQUESTED) {
      state = State.RESETTING;
      end.refused();
    } else if (state == State.OPEN) {
      state = State.RESETTING;
      end.close();
    } else if (state == State.LEFT) {
      state = State.ENDED;
      end.close();
    }
  }

  /**
   * Makes the next packet.
   *
   * @param target empty, of at least 44 bytes; where a payload goes behind the header
   * @return false where there was nothing to say after all
   */
  boolean send(ByteBuffer target, VsockConnections connections) {
    int operation = next(target);
    if (operation == 0) {
      return false;
    }
    int length = target.position() == 0 ? 0 : target.position() - VsockHeader.BYTES;
    if (length > 0) {
      credit.sent(length);
    }
    owesCredit = false;
    int flags = operation == VsockHeader.SHUTDOWN ? hostShut : 0;
    connections
        .header(ports, operation, flags, length, HostBuffer.SIZE, buffer.tell())
        .write(target, 0);
    target.position(VsockHeader.BYTES + length);
    if (operation == VsockHeader.SHUTDOWN) {
      hostShutTold = hostShut;
    }
    settle();
    return true;
  }

  /** The operation, or 0 for none; what the host's end gives for it lies in the target. */
  private int next(ByteBuffer target) {
    return switch (state) {
      case RESETTING -> lastWord();
      case REQUESTED -> {
        boolean first = owesRequest;
        owesRequest = false;
        yield first ? VsockHeader.REQUEST : 0;
      }
      case OPEN -> {
        if (readData(target)) {
          yield VsockHeader.DATA;
        }
        if (state == State.RESETTING) {
          yield lastWord();
        }
        if (hostShut != hostShutTold) {
          yield VsockHeader.SHUTDOWN;
        }
        yield owesCredit || buffer.shouldTell() ? VsockHeader.CREDIT_UPDATE : 0;
      }
      case LEFT, ENDED -> 0;
    };
  }

  private int lastWord() {
    state = State.ENDED;
    return VsockHeader.RESET;
  }

  private boolean readData(ByteBuffer target) {
    int room = Math.min(credit.room(), target.capacity() - VsockHeader.BYTES);
    if (!mayRead() || room <= 0) {
      return false;
    }
    target.position(VsockHeader.BYTES).limit(VsockHeader.BYTES + room);
    guarded(() -> {
      int count = end.read(target);
      if (count < 0) {
        hostShut |= NO_SEND;
      }
      readable = count > 0;
    });
    target.limit(target.capacity());
    if (target.position() > VsockHeader.BYTES) {
      return true;
    }
    target.position(0);
    return false;
  }

  private interface HostWork {
    void run() throws IOException;
  }

  /** What breaks on the host's side costs the stream. */
  private void guarded(HostWork work) {
    try {
      work.run();
    } catch (IOException broken) {
      reset();
    }
  }

  /** After each change: tells the host's end of the guest's, and ends what is over. */
  private void settle() {
    if (state == State.LEFT && buffer.isEmpty()) {
      state = State.ENDED;
      end.close();
    }
    if (state != State.OPEN) {
      return;
    }
    owesCredit |= buffer.shouldTell();
    boolean allTaken = (guestShut & NO_SEND) != 0 && buffer.isEmpty();
    if (allTaken && !finished) {
      finished = true;
      end.finish();
    }
    boolean nothingToGive = hostShutTold == hostShut && (hostShut & NO_SEND) != 0;
    // A guest that closed waits for our reset before its port is free again.
    if (allTaken && (nothingToGive || (guestShut & NO_RECEIVE) != 0)) {
      reset();
    }
  }
}
