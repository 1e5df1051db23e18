package dev.beagle.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Images from registries of every kind of door, and their removal. */
final class PullIT extends NodeIT {
  private static final int BASIC_PORT = 5001;
  private static final int TOKEN_PORT = 5002;
  private static final String REPOSITORY = "e2e-test-images/busybox";

  @Override
  List<String> images() {
    return List.of();
  }

  @Override
  LeakCheck remember(Node node) {
    return LeakCheck.ofAllButImages(node);
  }

  @Test
  void aTagAndItsDigestAreOneImage() {
    String digest = node().prepared().image(Crictl.BUSYBOX).path("digest").asString();
    crictl().run("pull", Crictl.BUSYBOX);
    crictl().run("pull", "registry.k8s.io/" + REPOSITORY + "@" + digest);
    assertThat(crictl().images()).hasSize(1);
    JsonNode image = crictl().json("inspecti", "-o", "json", Crictl.BUSYBOX).path("status");
    assertThat(image.path("repoTags").valueStream().map(JsonNode::asString))
        .containsExactly(Crictl.BUSYBOX);
    assertThat(image.path("repoDigests").valueStream().map(JsonNode::asString))
        .containsExactly("registry.k8s.io/" + REPOSITORY + "@" + digest);
    assertThat(image.path("size").asLong()).isPositive();
    crictl().run("rmi", Crictl.BUSYBOX);
    assertThat(crictl().images()).isEmpty();
  }

  @Test
  void anAbsentImageIsRefusedByName() {
    assertThat(crictl().call("pull", "registry.k8s.io/e2e-test-images/absent:1").failure())
        .contains("e2e-test-images/absent:1");
    assertThat(crictl().call("pull", "registry.k8s.io/e2e-test-images/busybox:absent").failure())
        .contains("busybox:absent");
    assertThat(crictl().call("pull", "NOT a name").failure()).isNotBlank();
    assertThat(crictl().images()).isEmpty();
  }

  @Test
  void basicAuthenticationOpensAndItsAbsenceDoesNot() {
    String image = "127.0.0.1:" + BASIC_PORT + "/" + REPOSITORY + ":1.29-2";
    try (Registry registry = Registry.start(node().prepared(), node().base(), BASIC_PORT, true)) {
      registry.mirror(node().hosts(), "127.0.0.1:" + BASIC_PORT);
      assertThat(crictl().call("pull", image).failure()).contains(image);
      assertThat(crictl().call("pull", "--creds", Registry.USER + ":wrong", image).failure())
          .contains(image)
          .doesNotContain("wrong");
      crictl().run("pull", "--creds", Registry.USER + ":" + Registry.PASSWORD, image);
      // Credentials are the call's, never kept.
      assertThat(crictl().call("pull", image).failure()).contains(image);
      crictl().run("rmi", image);
    }
  }

  @Test
  void tokensAreFetchedWhereTheRegistrySaysSo() throws Exception {
    String image = "127.0.0.1:" + TOKEN_PORT + "/" + REPOSITORY + ":1.29-2";
    try (TokenRegistry registry = TokenRegistry.start(TOKEN_PORT, REGISTRY_PORT)) {
      registry.mirror(node().hosts());
      assertThat(crictl().call("pull", image).failure()).contains(image);
      crictl().run("pull", "--creds", Registry.USER + ":" + Registry.PASSWORD, image);
      assertThat(registry.scopes()).contains("repository:" + REPOSITORY + ":pull");
      crictl().run("rmi", image);
    }
  }

  @Test
  void layersOfEveryCompressionMakeOneTree() {
    crictl().run("pull", "docker.io/library/mixed:latest");
    Crictl.Pod pod = crictl().runPod(Config.pod(node(), "mixed"));
    String id =
        crictl()
            .startContainer(
                pod, Config.container("c", "docker.io/library/mixed:latest", "sleep", "1000"));
    assertThat(crictl().execSync(id, "cat", "/etc/plain")).isEqualTo("not compressed");
    crictl().remove(pod);
    crictl().run("rmi", "docker.io/library/mixed:latest");
  }

  @Test
  void whatARemovedImageHeldIsFreed() {
    long before = Folders.bytes(node().root());
    crictl().run("pull", Crictl.FOUR_LAYERS);
    await("the image is counted")
        .atMost(Duration.ofSeconds(20))
        .until(() ->
            crictl()
                    .json("imagefsinfo")
                    .path("status")
                    .path("imageFilesystems")
                    .path(0)
                    .path("usedBytes")
                    .path("value")
                    .asLong()
                > 50_000_000);
    crictl().run("rmi", Crictl.FOUR_LAYERS);
    await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> Folders.bytes(node().root()) < before + 1_000_000);
  }
}
