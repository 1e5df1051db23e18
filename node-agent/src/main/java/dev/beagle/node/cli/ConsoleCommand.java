package dev.beagle.node.cli;

import dev.beagle.cri.v1.PodSandbox;
import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.host.HostError;
import dev.beagle.node.client.CriClient;
import dev.beagle.node.client.Directory;
import dev.beagle.runtime.microvm.MicroVmFolders;
import dev.beagle.runtime.pod.SandboxId;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code beagle console}. */
@Command(
    name = "console",
    description = "Show what the guest of a micro-VM pod has written to its console.",
    mixinStandardHelpOptions = true)
final class ConsoleCommand implements Callable<Integer> {
  private static final Duration PAUSE = Duration.ofMillis(200);

  private final CliContext context;

  @Mixin final NodeOptions node = new NodeOptions();

  @Option(
      names = {"-f", "--follow"},
      description = "Go on until the machine ends.")
  boolean follow;

  @Parameters(paramLabel = "POD", description = "Name or the beginning of an id.")
  String reference = "";

  private long position;

  ConsoleCommand(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() throws InterruptedException {
    if (reference.isBlank()) {
      throw Failure.invalidArgument("the name of a pod is wanted (beagle ps shows them)");
    }
    Path run = node.folder(context);
    SandboxId pod = pod();
    Path file = MicroVmFolders.console(run, pod);
    boolean there = copy(file);
    if (!there) {
      throw Failure.of(
          FailureKind.NOT_FOUND,
          "pod %s has no console: it is no micro-VM".formatted(Failure.shown(reference)));
    }
    while (follow && there) {
      boolean last = !MicroVmFolders.lives(run, pod); // before, so that nothing is missed
      context.time().sleep(PAUSE);
      there = copy(file) && !last;
    }
    return ExitCodes.OK;
  }

  private SandboxId pod() {
    try (CriClient client = node.connect(context)) {
      PodSandbox pod = Directory.of(client).requirePod(reference);
      return new SandboxId(pod.getId());
    }
  }

  /** What came since the last time; false where there is nothing to read any more. */
  private boolean copy(Path file) {
    OutputStream out = context.console().out();
    try (FileChannel channel = FileChannel.open(file)) {
      if (channel.size() < position) {
        position = 0; // a full file became the previous one
      }
      channel.position(position);
      if (context.console().outTerminal()) {
        show(Channels.newInputStream(channel), out);
      } else {
        Channels.newInputStream(channel).transferTo(out);
      }
      position = channel.position();
      out.flush();
      return true;
    } catch (NoSuchFileException ended) {
      return Files.exists(file); // just made anew, or gone
    } catch (IOException error) {
      throw HostError.of("cannot read " + file, error);
    }
  }

  /**
   * A guest is not to command the terminal of who looks at it; a file or a pipe gets it as it is.
   */
  private static void show(InputStream from, OutputStream out) throws IOException {
    String text = new String(from.readAllBytes(), StandardCharsets.UTF_8);
    out.write(
        Stream.of(text.split("\n", -1))
            .map(line -> Failure.printable(line.replace("\r", "").replace("\t", "        ")))
            .collect(Collectors.joining("\n"))
            .getBytes(StandardCharsets.UTF_8));
  }
}
