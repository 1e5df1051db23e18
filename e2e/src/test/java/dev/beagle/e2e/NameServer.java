package dev.beagle.e2e;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * The name server that the machine's resolv.conf names, with a few names of the test's own. RFC
 * 1035, UDP, one question.
 */
record NameServer(DatagramSocket socket, Map<String, InetAddress> names, Collection<String> asked)
    implements AutoCloseable {
  /** Address records, in the order asked for by name. */
  static NameServer ofThisMachine(Map<String, InetAddress> names) throws IOException {
    String address =
        Files.readAllLines(Path.of("/etc/resolv.conf")).stream()
            .filter(line -> line.startsWith("nameserver "))
            .map(line -> line.substring("nameserver ".length()).strip())
            .findFirst()
            .orElse("127.0.0.1");
    DatagramSocket socket = new DatagramSocket(53, InetAddress.ofLiteral(address));
    NameServer server = new NameServer(socket, names, new ConcurrentLinkedQueue<>());
    Thread.ofPlatform().name("name-server").daemon().start(server::serve);
    return server;
  }

  private void serve() {
    DatagramPacket packet = new DatagramPacket(new byte[1500], 1500);
    try {
      while (true) {
        packet.setLength(1500);
        socket.receive(packet);
        byte[] answer = answer(Arrays.copyOf(packet.getData(), packet.getLength()));
        socket.send(new DatagramPacket(answer, answer.length, packet.getSocketAddress()));
      }
    } catch (IOException e) {
      // Closed: the end.
    }
  }

  private byte[] answer(byte[] bytes) {
    ByteBuffer query = ByteBuffer.wrap(bytes);
    int id = query.getShort(0);
    query.position(12);
    StringBuilder name = new StringBuilder();
    for (int length = query.get(); length > 0; length = query.get()) {
      byte[] label = new byte[length];
      query.get(label);
      name.append(new String(label, StandardCharsets.US_ASCII)).append('.');
    }
    int type = query.getShort();
    query.getShort(); // its class
    int end = query.position();
    asked.add(name.toString());
    InetAddress found = names.get(name.toString());
    byte[] record = found != null && type == 1 ? found.getAddress() : new byte[0];
    ByteBuffer reply = ByteBuffer.allocate(end + (record.length == 0 ? 0 : 12 + record.length));
    reply.put(bytes, 0, end);
    reply.putShort(0, (short) id).putShort(2, (short) (0x8180 | (found == null ? 3 : 0)));
    reply
        .putShort(4, (short) 1)
        .putShort(6, (short) (record.length == 0 ? 0 : 1))
        .putShort(8, (short) 0)
        .putShort(10, (short) 0);
    if (record.length > 0) {
      reply
          .putShort((short) 0xC00C)
          .putShort((short) 1)
          .putShort((short) 1)
          .putInt(60)
          .putShort((short) record.length);
      reply.put(record);
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(reply.array(), 0, reply.position());
    return out.toByteArray();
  }

  @Override
  public void close() {
    socket.close();
  }
}
