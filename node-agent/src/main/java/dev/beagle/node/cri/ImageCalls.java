package dev.beagle.node.cri;

import dev.beagle.cri.v1.AuthConfig;
import dev.beagle.cri.v1.Image;
import dev.beagle.cri.v1.ImageFsInfoRequest;
import dev.beagle.cri.v1.ImageFsInfoResponse;
import dev.beagle.cri.v1.ImageServiceGrpc;
import dev.beagle.cri.v1.ImageSpec;
import dev.beagle.cri.v1.ImageStatusRequest;
import dev.beagle.cri.v1.ImageStatusResponse;
import dev.beagle.cri.v1.Int64Value;
import dev.beagle.cri.v1.ListImagesRequest;
import dev.beagle.cri.v1.ListImagesResponse;
import dev.beagle.cri.v1.PullImageRequest;
import dev.beagle.cri.v1.PullImageResponse;
import dev.beagle.cri.v1.RemoveImageRequest;
import dev.beagle.cri.v1.RemoveImageResponse;
import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.node.cri.NodeImages.NodeImage;
import dev.beagle.node.cri.NodeImages.PullListener;
import dev.beagle.node.cri.NodeImages.RegistryLogin;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.util.Optional;
import java.util.regex.Pattern;

/** The image service. Thread-safe. */
final class ImageCalls extends ImageServiceGrpc.ImageServiceImplBase {
  /** The word that a kubelet shows as the reason why a container waits; it looks for the prefix. */
  private static final String REGISTRY_UNAVAILABLE = "RegistryUnavailable";

  private static final Pattern UID = Pattern.compile("[0-9]{1,10}");

  private final NodeImages images;
  private final NodeDisks disks;

  ImageCalls(NodeImages images, NodeDisks disks) {
    this.images = images;
    this.disks = disks;
  }

  @Override
  public void pullImage(PullImageRequest request, StreamObserver<PullImageResponse> response) {
    String reference = reference(request.getImage());
    Optional<RegistryLogin> login =
        request.hasAuth() ? Optional.of(login(request.getAuth())) : Optional.empty();
    RuntimeServiceCalls.answer(
        response,
        PullImageResponse.newBuilder()
            .setImageRef(Departure.interrupts(() -> pull(reference, login, PullListener.NONE)))
            .build());
  }

  /** As clients of the CRI are told of failures. */
  String pull(String reference, Optional<RegistryLogin> login, PullListener listener) {
    try {
      return images.pull(reference, login, listener);
    } catch (Failure failure) {
      if (failure.kind() == FailureKind.UNAVAILABLE) {
        throw Status.UNKNOWN
            .withDescription(REGISTRY_UNAVAILABLE + ": " + failure.reason())
            .withCause(failure)
            .asRuntimeException();
      }
      throw SandboxCalls.ofField(failure);
    }
  }

  private static RegistryLogin login(AuthConfig auth) {
    return new RegistryLogin(
        auth.getUsername(),
        auth.getPassword(),
        auth.getAuth(),
        auth.getIdentityToken(),
        auth.getServerAddress());
  }

  @Override
  public void imageStatus(
      ImageStatusRequest request, StreamObserver<ImageStatusResponse> response) {
    ImageStatusResponse.Builder status = ImageStatusResponse.newBuilder();
    images
        .find(reference(request.getImage()))
        .ifPresent(image -> {
          status.setImage(message(image));
          if (request.getVerbose()) {
            status.putInfo("info", "{\"imageSpec\":" + images.configJson(image.id()) + "}");
          }
        });
    RuntimeServiceCalls.answer(response, status.build());
  }

  @Override
  public void listImages(ListImagesRequest request, StreamObserver<ListImagesResponse> response) {
    String wanted = request.getFilter().getImage().getImage();
    ListImagesResponse.Builder list = ListImagesResponse.newBuilder();
    if (wanted.isEmpty()) {
      images.list().forEach(image -> list.addImages(message(image)));
    } else {
      images.find(wanted).ifPresent(image -> list.addImages(message(image)));
    }
    RuntimeServiceCalls.answer(response, list.build());
  }

  @Override
  public void removeImage(
      RemoveImageRequest request, StreamObserver<RemoveImageResponse> response) {
    images
        .find(reference(request.getImage()))
        .ifPresent(image -> SandboxCalls.ifPresent(() -> images.remove(image.id())));
    RuntimeServiceCalls.answer(response, RemoveImageResponse.getDefaultInstance());
  }

  @Override
  public void imageFsInfo(
      ImageFsInfoRequest request, StreamObserver<ImageFsInfoResponse> response) {
    // What was not measured yet is left out; a kubelet asks again.
    ImageFsInfoResponse.Builder info = ImageFsInfoResponse.newBuilder();
    disks.images().map(StatsCalls::disk).ifPresent(info::addImageFilesystems);
    disks.containers().map(StatsCalls::disk).ifPresent(info::addContainerFilesystems);
    RuntimeServiceCalls.answer(response, info.build());
  }

  private static String reference(ImageSpec spec) {
    return Fields.required("image.image", spec.getImage());
  }

  private static Image message(NodeImage image) {
    Image.Builder message =
        Image.newBuilder()
            .setId(image.id())
            .addAllRepoTags(image.tags())
            .addAllRepoDigests(image.digests())
            // Clients refuse an image without a size; one without layers has its config at least.
            .setSize(Math.max(1, image.sizeBytes()))
            .setPinned(image.pinned());
    String user = image.user().split(":", 2)[0];
    if (UID.matcher(user).matches()) {
      message.setUid(Int64Value.newBuilder().setValue(Long.parseLong(user)));
    } else {
      message.setUsername(user);
    }
    return message.build();
  }
}
