package dev.beagle.node.cli;

import dev.beagle.cri.v1.RemoveImageRequest;
import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.node.client.CallLimits;
import dev.beagle.node.client.CriClient;
import dev.beagle.node.client.Images;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code beagle rmi}. */
@Command(name = "rmi", description = "Remove images.", mixinStandardHelpOptions = true)
final class RemoveImageCommand implements Callable<Integer> {
  private final CliContext context;

  @Mixin final NodeOptions node = new NodeOptions();

  @Parameters(
      paramLabel = "IMAGE",
      arity = "1..*",
      description = "Name or id; all names of the image go.")
  List<String> references = List.of();

  RemoveImageCommand(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    try (CriClient client = node.connect(context)) {
      Images images = new Images(client);
      return EachName.act(context, references, reference -> remove(client, images, reference));
    }
  }

  private void remove(CriClient client, Images images, String reference) {
    if (images.find(reference).isEmpty()) {
      // the CRI's removal succeeds for images that are not there; people want to hear of a typo
      throw Failure.of(
          FailureKind.NOT_FOUND, "image " + reference + " not found (beagle images shows all)");
    }
    client.images(
        CallLimits.CHANGE,
        stub ->
            stub.removeImage(
                RemoveImageRequest.newBuilder().setImage(Images.spec(reference)).build()));
    context.console().line(reference);
  }
}
