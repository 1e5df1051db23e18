package dev.beagle.node.cri;

import dev.beagle.runtime.stdio.ContainerProcess;
import java.net.URI;
import java.nio.channels.ByteChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import java.util.function.Supplier;

/** Keeps what endpoints were asked for, so that a test can connect to them itself. */
final class RecordingStreamUrls implements StreamUrls {
  final List<Streams> streams = new ArrayList<>();
  final List<EndOfInput> endsOfInput = new ArrayList<>();
  final List<Supplier<ContainerProcess>> processes = new ArrayList<>();
  final List<Integer> forwarded = new ArrayList<>();
  final List<IntFunction<ByteChannel>> dialers = new ArrayList<>();

  @Override
  public synchronized URI exec(Streams wanted, Supplier<ContainerProcess> process) {
    streams.add(wanted);
    processes.add(process);
    return URI.create("http://127.0.0.1:1/exec/" + processes.size());
  }

  @Override
  public synchronized URI attach(
      Streams wanted, EndOfInput endOfInput, Supplier<ContainerProcess> process) {
    streams.add(wanted);
    endsOfInput.add(endOfInput);
    processes.add(process);
    return URI.create("http://127.0.0.1:1/attach/" + processes.size());
  }

  @Override
  public synchronized URI portForward(List<Integer> ports, IntFunction<ByteChannel> dialer) {
    forwarded.addAll(ports);
    dialers.add(dialer);
    return URI.create("http://127.0.0.1:1/portforward/" + dialers.size());
  }
}
