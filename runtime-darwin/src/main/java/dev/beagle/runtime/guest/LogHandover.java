package dev.beagle.runtime.guest;

import dev.beagle.runtime.guest.wire.Hello;
import dev.beagle.runtime.guest.wire.HelloReply;
import dev.beagle.runtime.guest.wire.Role;
import java.nio.ByteBuffer;

/**
 * A log that reaches the agent as a connection (PROTOCOL.md, role LOG). Whoever opens it for the
 * daemon, and is there when the daemon is not, need not know the protocol.
 */
public final class LogHandover {
  private LogHandover() {}

  /**
   * What is to be said first.
   *
   * @param name by which a request asks for it, once
   */
  public static byte[] greeting(String name) {
    return Frames.encode(
        Hello.newBuilder()
            .setProtocol(SocketGuestAgent.PROTOCOL)
            .setRole(Role.LOG)
            .setLog(name)
            .build());
  }

  /**
   * @param reply the agent's first message, without its length
   * @throws dev.beagle.failure.Failure when the agent does not take the log
   */
  public static void check(byte[] reply) {
    SocketGuestAgent.checkGreeting(Frames.parse(ByteBuffer.wrap(reply), HelloReply.parser()));
  }
}
