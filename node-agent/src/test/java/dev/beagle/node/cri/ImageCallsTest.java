package dev.beagle.node.cri;

import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.cri.v1.AuthConfig;
import dev.beagle.cri.v1.FilesystemUsage;
import dev.beagle.cri.v1.Image;
import dev.beagle.cri.v1.ImageFilter;
import dev.beagle.cri.v1.ImageFsInfoRequest;
import dev.beagle.cri.v1.ImageFsInfoResponse;
import dev.beagle.cri.v1.ImageSpec;
import dev.beagle.cri.v1.ImageStatusRequest;
import dev.beagle.cri.v1.ImageStatusResponse;
import dev.beagle.cri.v1.ListImagesRequest;
import dev.beagle.cri.v1.PullImageRequest;
import dev.beagle.cri.v1.RemoveImageRequest;
import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.node.cri.NodeImages.NodeImage;
import dev.beagle.node.cri.NodeImages.RegistryLogin;
import io.grpc.Status;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.json.JsonMapper;

final class ImageCallsTest {
  @AutoClose private final CriWorld world = CriWorld.open();

  @Test
  void aPullAnswersWithTheIdThatAllOtherCallsUse() {
    String id = pull("busybox");

    assertThat(id).isEqualTo(SimulatedImages.BUSYBOX_ID);
    Image image = status(id).getImage();
    assertThat(image.getId()).isEqualTo(id);
    assertThat(image.getRepoTagsList()).containsExactly("docker.io/library/busybox:latest");
    assertThat(image.getRepoDigestsList()).containsExactly(SimulatedImages.BUSYBOX_DIGEST);
    assertThat(image.getSize()).isEqualTo(4_000_000);
    assertThat(list("")).containsExactly(image);
    assertThat(list("busybox")).containsExactly(image);
    assertThat(list("nginx")).isEmpty();
  }

  @Test
  void credentialsGoToTheRegistryClientAsTheyCame() {
    var _ =
        world.imageService.pullImage(
            PullImageRequest.newBuilder()
                .setImage(spec("busybox"))
                .setAuth(
                    AuthConfig.newBuilder()
                        .setUsername("u")
                        .setPassword("p")
                        .setAuth("dTpw")
                        .setIdentityToken("t")
                        .setServerAddress("docker.io"))
                .build());

    assertThat(world.images.lastLogin)
        .contains(new RegistryLogin("u", "p", "dTpw", "t", "docker.io"));
    assertThat(world.images.lastLogin.orElseThrow()).hasToString("login for docker.io");
    pull("busybox");
    assertThat(world.images.lastLogin).isEmpty();
  }

  @Test
  void aRegistryThatCannotBeReachedIsSaidAsKubeletLooksForIt() {
    world.images.nextFailure = Failure.unavailable("docker.io: connection refused");

    Status status = CriWorld.statusOf(() -> pull("busybox"));

    assertThat(status.getCode()).isEqualTo(Status.Code.UNKNOWN);
    assertThat(status.getDescription())
        .isEqualTo("RegistryUnavailable: docker.io: connection refused");
  }

  @ParameterizedTest
  @CsvSource({
    "UNAUTHENTICATED,UNAUTHENTICATED",
    "NOT_FOUND,NOT_FOUND",
    "CORRUPTED,DATA_LOSS",
    "UNSUPPORTED,INVALID_ARGUMENT"
  })
  void otherFailuresOfAPullKeepTheirCode(FailureKind kind, Status.Code code) {
    world.images.nextFailure = Failure.of(kind, "because");

    CriWorld.assertFails(code, "because", () -> pull("busybox"));
  }

  @Test
  void aPullEndsWhenItsClientsDeadlinePasses() throws InterruptedException {
    world.images.hang = true;

    CriWorld.assertFails(
        Status.Code.DEADLINE_EXCEEDED,
        "",
        () ->
            world
                .imageService
                .withDeadlineAfter(300, TimeUnit.MILLISECONDS)
                .pullImage(PullImageRequest.newBuilder().setImage(spec("busybox")).build()));

    assertThat(world.images.pulling.await(10, TimeUnit.SECONDS)).isTrue();
    assertThat(world.images.interrupted.await(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void anImageThatIsNotHereIsNoError() {
    assertThat(status("nginx").hasImage()).isFalse();
    remove("nginx");
  }

  @Test
  void aNameIsRequired() {
    CriWorld.assertFails(Status.Code.INVALID_ARGUMENT, "image.image: is missing", () -> pull(""));
    CriWorld.assertFails(Status.Code.INVALID_ARGUMENT, "image.image: is missing", () -> status(""));
    CriWorld.assertFails(Status.Code.INVALID_ARGUMENT, "image.image: is missing", () -> remove(""));
  }

  @Test
  void removalCanBeRepeated() {
    pull("busybox");

    remove("busybox");
    remove("busybox");

    assertThat(list("")).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      nullValues = "-",
      value = {
        "1000,1000,''",
        "1000:1000,1000,''",
        "www-data,-,www-data",
        "www-data:www-data,-,www-data",
        "-1,-,-1",
        "99999999999999999999,-,99999999999999999999",
        "'',-,''",
        ":5,-,''"
      })
  void theUserIsANumberOrAName(String user, Long uid, String name) {
    world.images.add(SimulatedImages.busybox(user));

    Image image = status("busybox").getImage();

    assertThat(image.hasUid()).isEqualTo(uid != null);
    assertThat(image.getUid().getValue()).isEqualTo(uid == null ? 0 : uid);
    assertThat(image.getUsername()).isEqualTo(name);
  }

  @Test
  void anImageWithoutLayersHasASizeAllTheSame() {
    world.images.add(new NodeImage(SimulatedImages.BUSYBOX_ID, List.of(), List.of(), 0, "", true));

    assertThat(status(SimulatedImages.BUSYBOX_ID).getImage().getSize()).isEqualTo(1);
    assertThat(status(SimulatedImages.BUSYBOX_ID).getImage().getPinned()).isTrue();
  }

  @Test
  void verboseStatusIsTheImagesConfig() {
    pull("busybox");

    String info =
        world
            .imageService
            .imageStatus(
                ImageStatusRequest.newBuilder().setImage(spec("busybox")).setVerbose(true).build())
            .getInfoOrThrow("info");

    assertThat(JsonMapper.shared().readTree(info).get("imageSpec").get("architecture").asString())
        .isEqualTo("amd64");
  }

  @Test
  void diskUseHasAFolderAndNumbers() {
    ImageFsInfoResponse info =
        world.imageService.imageFsInfo(ImageFsInfoRequest.getDefaultInstance());

    assertThat(info.getImageFilesystemsList()).hasSize(1);
    FilesystemUsage usage = info.getImageFilesystems(0);
    assertThat(usage.getTimestamp()).isPositive();
    assertThat(usage.getFsId().getMountpoint()).isEqualTo("/var/lib/beagle/images");
    assertThat(usage.getUsedBytes().getValue()).isEqualTo(4_000_000);
    assertThat(usage.getInodesUsed().getValue()).isEqualTo(12);
    assertThat(info.getContainerFilesystemsList()).hasSize(1);
    FilesystemUsage containers = info.getContainerFilesystems(0);
    assertThat(containers.getTimestamp()).isPositive();
    assertThat(containers.getFsId().getMountpoint()).isEqualTo("/var/lib/beagle/containers");
    assertThat(containers.getUsedBytes().getValue()).isEqualTo(70_000);
    assertThat(containers.getInodesUsed().getValue()).isEqualTo(5);
  }

  private static ImageSpec.Builder spec(String image) {
    return ImageSpec.newBuilder().setImage(image);
  }

  private String pull(String image) {
    return world
        .imageService
        .pullImage(PullImageRequest.newBuilder().setImage(spec(image)).build())
        .getImageRef();
  }

  private ImageStatusResponse status(String image) {
    return world.imageService.imageStatus(
        ImageStatusRequest.newBuilder().setImage(spec(image)).build());
  }

  private List<Image> list(String image) {
    return world
        .imageService
        .listImages(
            ListImagesRequest.newBuilder()
                .setFilter(ImageFilter.newBuilder().setImage(spec(image)))
                .build())
        .getImagesList();
  }

  private void remove(String image) {
    var _ =
        world.imageService.removeImage(
            RemoveImageRequest.newBuilder().setImage(spec(image)).build());
  }
}
