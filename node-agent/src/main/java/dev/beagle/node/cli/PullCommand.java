package dev.beagle.node.cli;

import dev.beagle.node.client.CriClient;
import dev.beagle.node.client.Images;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code beagle pull}. */
@Command(
    name = "pull",
    description = "Pull an image from its registry.",
    mixinStandardHelpOptions = true)
final class PullCommand implements Callable<Integer> {
  private final CliContext context;

  @Mixin final NodeOptions node = new NodeOptions();

  @Parameters(paramLabel = "IMAGE", description = "NAME[:TAG] or NAME@DIGEST.")
  String image = "";

  PullCommand(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() throws InterruptedException {
    try (CriClient client = node.connect(context)) {
      String id =
          new PullDisplay(context.console(), context.time()).pull(new Images(client), image);
      context.console().line(id);
    }
    return ExitCodes.OK;
  }
}
