package dev.beagle.runtime.guest;

import dev.beagle.runtime.guest.wire.Handover;
import dev.beagle.runtime.guest.wire.Hello;
import dev.beagle.runtime.guest.wire.HelloReply;
import dev.beagle.runtime.guest.wire.Role;
import dev.beagle.runtime.posix.Descriptor;
import dev.beagle.runtime.posix.DescriptorChannel;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Gives an agent on the same host descriptors by name (PROTOCOL.md, role DESCRIPTORS). */
public final class DescriptorHandover {
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  private DescriptorHandover() {}

  /** Returns once the agent has them; the caller's descriptors stay the caller's. */
  public static void send(Path agentSocket, Map<String, Descriptor> descriptors) {
    List<Map.Entry<String, Descriptor>> entries = new ArrayList<>(descriptors.entrySet());
    for (int from = 0; from < entries.size(); from += DescriptorChannel.MAX_DESCRIPTORS) {
      int to = Math.min(entries.size(), from + DescriptorChannel.MAX_DESCRIPTORS);
      sendBatch(agentSocket, entries.subList(from, to));
    }
  }

  private static void sendBatch(Path socket, List<Map.Entry<String, Descriptor>> batch) {
    Hello hello =
        Hello.newBuilder().setProtocol(SocketGuestAgent.PROTOCOL).setRole(Role.DESCRIPTORS).build();
    Handover handover =
        Handover.newBuilder().addAllNames(batch.stream().map(Map.Entry::getKey).toList()).build();
    try (DescriptorChannel channel = DescriptorChannel.connect(socket, TIMEOUT)) {
      channel.send(Frames.encode(hello), List.of());
      channel.send(Frames.encode(handover), batch.stream().map(Map.Entry::getValue).toList());
      // One reply for both frames: on this connection the greeting needs no round trip.
      SocketGuestAgent.checkGreeting(readReply(channel));
    }
  }

  private static HelloReply readReply(DescriptorChannel channel) {
    int length = Frames.checkedLength(ByteBuffer.wrap(channel.receive(4)).getInt());
    return Frames.parse(ByteBuffer.wrap(channel.receive(length)), HelloReply.parser());
  }
}
