package dev.beagle.net.gateway;

import dev.beagle.net.testing.SimulatedHostSockets.Peer;
import dev.beagle.net.testing.SimulatedStream;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;

/** Takes everything until the end, and answers with its own bytes meanwhile. */
final class Exchange implements Peer {
  private final ByteArrayOutputStream taken = new ByteArrayOutputStream();
  private final ByteBuffer answer;
  private boolean done;

  Exchange(byte[] answer) {
    this.answer = ByteBuffer.wrap(answer);
  }

  /** What came so far. */
  byte[] taken() {
    return taken.toByteArray();
  }

  @Override
  public void changed(SimulatedStream stream) {
    ByteBuffer buffer = ByteBuffer.allocate(10_000);
    int count = stream.takeAtFarEnd(buffer);
    taken.write(buffer.array(), 0, count);
    stream.putAtFarEnd(answer);
    if (!answer.hasRemaining() && !done) {
      done = true;
      stream.endAtFarEnd();
    }
  }
}
