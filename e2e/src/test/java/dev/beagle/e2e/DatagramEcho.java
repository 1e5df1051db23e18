package dev.beagle.e2e;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;

/** Sends datagrams back, on a thread of its own. */
record DatagramEcho(DatagramSocket socket, Thread thread) implements AutoCloseable {
  static DatagramEcho start(String address) throws IOException {
    DatagramSocket socket = new DatagramSocket(0, InetAddress.ofLiteral(address));
    Thread thread = Thread.ofPlatform().name("datagram-echo").daemon().start(() -> serve(socket));
    return new DatagramEcho(socket, thread);
  }

  private static void serve(DatagramSocket socket) {
    DatagramPacket packet = new DatagramPacket(new byte[65536], 65536);
    try {
      while (true) {
        packet.setLength(65536);
        socket.receive(packet);
        socket.send(packet);
      }
    } catch (IOException e) {
      // Closed: the end.
    }
  }

  int port() {
    return socket.getLocalPort();
  }

  @Override
  public void close() {
    socket.close();
  }
}
