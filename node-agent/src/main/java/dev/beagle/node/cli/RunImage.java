package dev.beagle.node.cli;

import dev.beagle.cri.v1.ImageStatusResponse;
import dev.beagle.failure.Failure;
import dev.beagle.node.client.CriClient;
import dev.beagle.node.client.Images;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/** Sees to it that the image of a run is here, for the architecture that its pod runs. */
final class RunImage {
  private final CliContext context;
  private final Images images;
  private final RunKind kind;

  RunImage(CliContext context, CriClient client, RunKind kind) {
    this.context = context;
    this.images = new Images(client);
    this.kind = kind;
  }

  /**
   * The image's id. One that was pulled when the node's kind was another is pulled anew.
   *
   * @throws Failure UNSUPPORTED when it is for another architecture, and the node pulls for that
   */
  String require(String name) throws InterruptedException {
    Optional<ImageStatusResponse> present = images.status(name);
    if (present.isPresent()) {
      if (kind.runs(architecture(present.get()), context.host().platform())) {
        return present.get().getImage().getId();
      }
      refuseUnlessPulledFor(name, architecture(present.get()));
    }
    String id = new PullDisplay(context.console(), context.time()).pull(images, name);
    String pulled = images.status(id).map(RunImage::architecture).orElse("");
    if (!kind.runs(pulled, context.host().platform())) {
      refuseUnlessPulledFor(name, pulled);
    }
    return id;
  }

  private void refuseUnlessPulledFor(String name, String architecture) {
    if (!kind.isDefault()) {
      throw Failure.unsupported(
          "image %s is for %s, which pods of kind %s do not run; a node pulls for its default kind"
                  .formatted(name, architecture, kind.name())
              + " (sandbox.default)");
    }
  }

  /** Empty where an older daemon does not tell. */
  private static String architecture(ImageStatusResponse status) {
    try {
      return JsonMapper.shared()
          .readTree(status.getInfoOrDefault("info", "{}"))
          .at("/imageSpec/architecture")
          .asString("");
    } catch (JacksonException malformed) {
      throw Failure.corrupted("the daemon's word on an image cannot be read", malformed);
    }
  }
}
