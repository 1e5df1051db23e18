package dev.beagle.node.cli;

import dev.beagle.cri.v1.Image;
import dev.beagle.cri.v1.ListImagesRequest;
import dev.beagle.node.client.CallLimits;
import dev.beagle.node.client.CriClient;
import dev.beagle.node.output.Json;
import dev.beagle.node.output.Table;
import dev.beagle.node.output.Units;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code beagle images}. */
@Command(
    name = "images",
    description = "List the images that are here.",
    mixinStandardHelpOptions = true)
final class ImagesCommand implements Callable<Integer> {
  private final CliContext context;

  @Mixin final NodeOptions node = new NodeOptions();
  @Mixin final OutputOptions output = new OutputOptions();

  ImagesCommand(CliContext context) {
    this.context = context;
  }

  /** What {@code -o json} shows of an image. */
  record Shown(String id, List<String> tags, List<String> digests, long sizeBytes) {}

  @Override
  public Integer call() {
    List<Image> images;
    try (CriClient client = node.connect(context)) {
      images =
          client.images(
              CallLimits.QUERY,
              stub -> stub.listImages(ListImagesRequest.getDefaultInstance()).getImagesList());
    }
    if (output.json()) {
      Json.print(context.console(), images.stream().map(ImagesCommand::shown).toList());
      return ExitCodes.OK;
    }
    Table table = new Table("IMAGE", "ID", "SIZE");
    for (Image image : images) {
      for (String name : names(image)) {
        table.row(name, Ids.brief(image.getId()), Units.bytes(image.getSize()));
      }
    }
    table.print(context.console());
    return ExitCodes.OK;
  }

  private static Shown shown(Image image) {
    return new Shown(
        image.getId(),
        List.copyOf(image.getRepoTagsList()),
        List.copyOf(image.getRepoDigestsList()),
        image.getSize());
  }

  private static List<String> names(Image image) {
    if (image.getRepoTagsCount() > 0) {
      return image.getRepoTagsList();
    }
    return image.getRepoDigestsCount() > 0 ? image.getRepoDigestsList() : List.of("<none>");
  }
}
