package dev.beagle.node.cli;

import dev.beagle.cri.v1.RuntimeServiceGrpc;
import dev.beagle.cri.v1.VersionRequest;
import dev.beagle.cri.v1.VersionResponse;
import dev.beagle.node.config.Version;
import dev.beagle.node.output.Console;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.UnixDomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * The build's training run: does, without effect, what commands and the daemon do, so that the
 * JVM's AOT cache holds the classes they need (JEP 483, 514). Not for people.
 */
@Command(name = "train", hidden = true)
final class TrainCommand implements Callable<Integer> {
  private final CliContext context;

  @Option(
      names = "--node",
      paramLabel = "DIR",
      description = "An empty folder: run pods on a node in it, too.")
  @Nullable Path node;

  TrainCommand(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() throws IOException {
    execute("--help");
    execute("daemon", "--help");
    execute("doctor");
    execute("doctor", "-o", "json");
    Path folder = Files.createTempDirectory("beagle-train");
    Path socket = folder.resolve("cri.sock");
    try {
      serve(socket, folder);
    } finally {
      Files.deleteIfExists(socket);
      Files.deleteIfExists(folder);
    }
    if (node != null) {
      new TrainingNode(context, node).run();
    }
    return ExitCodes.OK;
  }

  /** A server that knows its version only: both sides of gRPC are trained, commands fail early. */
  private void serve(Path socket, Path folder) throws IOException {
    EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Server server =
          NettyServerBuilder.forAddress(UnixDomainSocketAddress.of(socket))
              .channelType(NioServerDomainSocketChannel.class)
              .bossEventLoopGroup(loop)
              .workerEventLoopGroup(loop)
              .executor(threads)
              .addService(new VersionOnly())
              .build()
              .start();
      for (String verb : List.of("status", "images", "ps")) {
        execute(verb, "--run", folder.toString());
      }
      server.shutdownNow();
    } finally {
      var _ = loop.shutdownGracefully(0, 100, TimeUnit.MILLISECONDS);
    }
  }

  private void execute(String... line) {
    PrintStream nowhere =
        new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
    CliContext silent =
        new CliContext(
            new Console(nowhere, nowhere, true, true, 80, true, () -> false),
            context.host(),
            context.installation(),
            context.time(),
            context.starter());
    new Cli(silent).execute(line);
  }

  private static final class VersionOnly extends RuntimeServiceGrpc.RuntimeServiceImplBase {
    @Override
    public void version(VersionRequest request, StreamObserver<VersionResponse> response) {
      response.onNext(
          VersionResponse.newBuilder()
              .setVersion("0.1.0")
              .setRuntimeName("beagle")
              .setRuntimeVersion(Version.CURRENT)
              .setRuntimeApiVersion("v1")
              .build());
      response.onCompleted();
    }
  }
}
