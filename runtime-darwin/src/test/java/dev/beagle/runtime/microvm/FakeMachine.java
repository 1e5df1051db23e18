package dev.beagle.runtime.microvm;

import dev.beagle.runtime.launch.MachineLauncher;
import dev.beagle.runtime.launch.MachineProcess;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** What answers on a machine's control socket, and does nothing of what it is asked. */
final class FakeMachine implements AutoCloseable {
  private final Path folder;
  private final ServerSocketChannel server;
  private final List<String> asked = new CopyOnWriteArrayList<>();

  FakeMachine(Path folder) throws IOException {
    this.folder = folder;
    server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(folder.resolve("vm.sock")));
    Thread.ofVirtual().start(this::serve);
  }

  /** As the launcher finds it; its process is this one. */
  MachineProcess process() {
    return MachineLauncher.find(folder).orElseThrow();
  }

  /** Requests but those for its status: verb and words. */
  List<String> asked() {
    return asked.stream().filter(line -> !line.equals("status")).toList();
  }

  private void serve() {
    try {
      while (true) {
        try (SocketChannel client = server.accept()) {
          answer(client);
        }
      }
    } catch (ClosedChannelException closed) {
      // the test is over
    } catch (IOException error) {
      throw new IllegalStateException(error);
    }
  }

  private void answer(SocketChannel client) throws IOException {
    ByteBuffer request = ByteBuffer.allocate(4096);
    while (request.position() == 0 || request.get(request.position() - 1) != '\n') {
      if (client.read(request) < 0) {
        return;
      }
    }
    String line = new String(request.array(), 0, request.position(), StandardCharsets.UTF_8);
    asked.add(line.strip());
    String status = "done beagle-machine 1 " + ProcessHandle.current().pid();
    String answer = line.strip().equals("status") ? status : "done";
    client.write(ByteBuffer.wrap((answer + "\n").getBytes(StandardCharsets.UTF_8)));
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
