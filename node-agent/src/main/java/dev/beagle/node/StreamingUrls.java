package dev.beagle.node;

import dev.beagle.node.cri.StreamUrls;
import dev.beagle.node.streaming.StreamOptions;
import dev.beagle.node.streaming.StreamingServer;
import dev.beagle.runtime.stdio.ContainerProcess;
import java.net.URI;
import java.nio.channels.ByteChannel;
import java.util.List;
import java.util.function.IntFunction;
import java.util.function.Supplier;

/** The CRI's streams are served by the streaming server. */
record StreamingUrls(StreamingServer server) implements StreamUrls {
  @Override
  public URI exec(Streams streams, Supplier<ContainerProcess> process) {
    return server.exec(options(streams), process);
  }

  @Override
  public URI attach(Streams streams, EndOfInput endOfInput, Supplier<ContainerProcess> process) {
    return server.attach(options(streams), endOfInput == EndOfInput.DETACHES, process);
  }

  @Override
  public URI portForward(List<Integer> ports, IntFunction<ByteChannel> dialer) {
    return server.portForward(ports, dialer::apply);
  }

  private static StreamOptions options(Streams streams) {
    return new StreamOptions(streams.tty(), streams.stdin(), streams.stdout(), streams.stderr());
  }
}
