package dev.beagle.image.pull;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.image.catalog.Image;
import dev.beagle.image.reference.Digest;
import dev.beagle.image.reference.MediaType.Compression;
import dev.beagle.image.reference.Platform;
import dev.beagle.image.reference.Reference;
import dev.beagle.image.testing.SimulatedRegistry;
import dev.beagle.image.testing.TestImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a pull brings, and what it asks of the registry. */
class PullTest {
  @TempDir Path folder;
  private SimulatedRegistry registry;
  private PullFixture node;

  @BeforeEach
  void start() {
    registry = new SimulatedRegistry();
    node = new PullFixture(folder);
  }

  @AfterEach
  void stop() {
    node.close();
    registry.close();
  }

  @Test
  void pullByTagBringsLayersConfigAndNames() throws IOException {
    byte[] lower = TestImage.noise(1, 300_000);
    byte[] upper = TestImage.noise(2, 10);
    TestImage made =
        TestImage.builder()
            .layers(Compression.GZIP, lower, upper)
            .config("{\"User\":\"1002:5\",\"Cmd\":[\"sh\"],\"Env\":[\"A=b\"]}")
            .build();
    registry.push("team/app", "v1", made);
    Image image = node.pull(registry.reference("team/app:v1"));
    assertThat(image.id()).isEqualTo(made.id());
    assertThat(image.tags())
        .extracting(Reference::toString)
        .containsExactly(registry.host() + "/team/app:v1");
    assertThat(image.digests())
        .extracting(Reference::toString)
        .containsExactly(registry.host() + "/team/app@" + made.digest());
    assertThat(image.sizeBytes()).isEqualTo(made.sizeBytes());
    assertThat(image.config().user()).isEqualTo("1002:5");
    try (ImageLease lease = node.images().lease(image.id().toString())) {
      assertThat(lease.layers())
          .extracting(ConvertedLayer::diffId)
          .containsExactlyElementsOf(made.diffIds());
      assertThat(Files.readAllBytes(lease.layers().get(0).image())).isEqualTo(lower);
      assertThat(Files.readAllBytes(lease.layers().get(1).image())).isEqualTo(upper);
    }
  }

  @Test
  void allCompressionsAreRead() {
    byte[] tar = TestImage.noise(3, 700_000);
    for (Compression compression : Compression.values()) {
      TestImage made =
          TestImage.builder().layers(compression, tar).layers(compression, new byte[0]).build();
      registry.push("packed", compression.name(), made);
      Image image = node.pull(registry.reference("packed:" + compression.name()));
      assertThat(image.id()).isEqualTo(made.id());
    }
    assertThat(node.layers().conversions(Digest.of(tar))).isEqualTo(1);
  }

  @Test
  void plainTypeWithPackedContentIsUnpackedAsDockerDid() {
    byte[] tar = TestImage.noise(4, 5000);
    TestImage made =
        TestImage.builder().layers(Compression.NONE, tar).packedAs(0, TestImage.gzip(tar)).build();
    registry.push("old", "1", made);
    assertThat(node.pull(registry.reference("old:1")).id()).isEqualTo(made.id());
  }

  @Test
  void presentImageAsksTheRegistryAgainButFetchesNothing() {
    registry.push("app", "1", TestImage.of(TestImage.noise(5, 1000)));
    node.pull(registry.reference("app:1"));
    long heads = registry.count("HEAD");
    long gets = registry.count("GET");
    node.pull(registry.reference("app:1"));
    assertThat(registry.count("HEAD")).isEqualTo(heads + 1);
    assertThat(registry.count("GET")).isEqualTo(gets);
  }

  @Test
  void pullByDigestGivesThatDigestAndNoTag() {
    TestImage made = TestImage.of(TestImage.noise(6, 1000));
    registry.push("app", "1", made);
    Image image = node.pull(registry.reference("app:ignored@" + made.digest()));
    assertThat(image.tags()).isEmpty();
    assertThat(image.digests())
        .extracting(Reference::identifier)
        .containsExactly(made.digest().toString());
  }

  @Test
  void indexIsFollowedToTheWantedPlatformAndIsTheRepoDigest() {
    TestImage amd64 = TestImage.of(TestImage.noise(7, 1000));
    TestImage arm64 =
        TestImage.builder()
            .layers(Compression.GZIP, TestImage.noise(8, 1000))
            .architecture("arm64")
            .build();
    registry.push("multi", "x", amd64).push("multi", "y", arm64);
    byte[] index = TestImage.index(Map.of("linux/amd64", amd64, "linux/arm64", arm64));
    registry.pushManifest("multi", "both", TestImage.OCI_INDEX, index);
    Image image =
        node.pull(registry.reference("multi:both"), Platform.linux("arm64"), PullProgress.NONE);
    assertThat(image.id()).isEqualTo(arm64.id());
    assertThat(image.digests())
        .extracting(Reference::identifier)
        .containsExactly(Digest.of(index).toString());
    assertThatThrownBy(() ->
            node.pull(registry.reference("multi:both"), Platform.linux("s390x"), PullProgress.NONE))
        .isInstanceOf(Failure.class)
        .hasMessageContaining("no variant for linux/s390x")
        .hasMessageContaining("linux/arm64");
  }

  @Test
  void movedTagLeavesTheOldImageItsDigest() {
    TestImage first = TestImage.of(TestImage.noise(9, 1000));
    TestImage second = TestImage.of(TestImage.noise(10, 1000));
    registry.push("app", "latest", first);
    node.pull(registry.reference("app"));
    registry.push("app", "latest", second);
    node.pull(registry.reference("app"));
    Image old = node.images().find(first.id().toString()).orElseThrow();
    assertThat(old.tags()).isEmpty();
    assertThat(old.digests()).hasSize(1);
    assertThat(node.images().find(registry.host() + "/app")).map(Image::id).contains(second.id());
  }

  @Test
  void layersOfAnotherImageAreNotFetchedAgain() {
    byte[] base = TestImage.noise(11, 100_000);
    TestImage one = TestImage.of(base);
    TestImage two = TestImage.of(base, TestImage.noise(12, 10));
    registry.push("a", "1", one).push("b", "1", two);
    node.pull(registry.reference("a:1"));
    node.pull(registry.reference("b:1"));
    assertThat(registry.count("GET /v2/b/blobs/" + two.layers().get(0))).isZero();
    assertThat(node.layers().conversions(Digest.of(base))).isEqualTo(1);
  }

  @Test
  void imageWithTheSameLayerTwiceConvertsItOnce() {
    byte[] tar = TestImage.noise(13, 1000);
    TestImage made = TestImage.of(tar, TestImage.noise(14, 10), tar);
    registry.push("twice", "1", made);
    Image image = node.pull(registry.reference("twice:1"));
    assertThat(image.layers()).hasSize(3);
    assertThat(node.layers().conversions(Digest.of(tar))).isEqualTo(1);
  }

  @Test
  void progressEndsWithEveryLayerDoneAndNeverGoesBack() {
    TestImage made = TestImage.of(TestImage.noise(15, 2_000_000), TestImage.noise(16, 5));
    registry.push("app", "1", made);
    List<PullEvent> events = new CopyOnWriteArrayList<>();
    node.pull(registry.reference("app:1"), Platform.linux("amd64"), events::add);
    assertThat(events.get(0)).isInstanceOf(PullEvent.Resolved.class);
    for (Digest layer : made.layers()) {
      List<PullEvent.Layer> steps =
          events.stream()
              .filter(PullEvent.Layer.class::isInstance)
              .map(PullEvent.Layer.class::cast)
              .filter(event -> event.layer().equals(layer))
              .toList();
      assertThat(steps).extracting(PullEvent.Layer::bytesDone).isSorted();
      assertThat(steps).extracting(PullEvent.Layer::phase).isSorted();
      assertThat(steps.getLast().phase()).isEqualTo(PullEvent.Phase.DONE);
      assertThat(steps.getLast().bytesDone()).isEqualTo(steps.getLast().bytesTotal());
    }
  }

  @Test
  void unknownImageIsNotFound() {
    assertThatThrownBy(() -> node.pull(registry.reference("nothing:1")))
        .isInstanceOfSatisfying(
            Failure.class,
            failure -> {
              assertThat(failure.kind()).isEqualTo(FailureKind.NOT_FOUND);
              assertThat(failure.reason())
                  .isEqualTo(
                      "%s/nothing:1 not found: %s answered 404"
                          .formatted(registry.host(), registry.host()));
            });
  }

  @Test
  void removalThroughAnyNameDropsAllOfThemAndTheContent() {
    TestImage made = TestImage.of(TestImage.noise(17, 1000));
    registry.push("tags", "1", made).push("tags", "2", made).push("other", "3", made);
    node.images().collect();
    node.pull(registry.reference("tags:1"));
    node.pull(registry.reference("tags:2"));
    Image image = node.pull(registry.reference("other:3"));
    assertThat(image.tags()).hasSize(3);
    assertThat(image.digests()).hasSize(2);
    assertThat(node.images().remove(registry.host() + "/tags:2")).isTrue();
    assertThat(node.images().list()).isEmpty();
    assertThat(node.images().find(made.id().toString())).isEmpty();
    assertThat(node.images().remove(made.id().toString())).isFalse();
    node.assertNothingLeft();
  }

  @Test
  void imageIsThereAfterARestart() {
    TestImage made = TestImage.of(TestImage.noise(18, 1000));
    registry.push("app", "1", made);
    Image before = node.pull(registry.reference("app:1"));
    node.restart();
    assertThat(node.images().list()).containsExactly(before);
  }
}
