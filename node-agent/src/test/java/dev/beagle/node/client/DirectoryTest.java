package dev.beagle.node.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.cri.v1.Container;
import dev.beagle.cri.v1.ContainerMetadata;
import dev.beagle.cri.v1.PodSandbox;
import dev.beagle.cri.v1.PodSandboxMetadata;
import java.util.List;
import org.junit.jupiter.api.Test;

class DirectoryTest {
  private static final PodSandbox WEB = pod("aaa111", "web");
  private static final PodSandbox OTHER_WEB = pod("bbb222", "web");
  private static final PodSandbox EMPTY_WEB = pod("ccc333", "web");
  private static final PodSandbox DB = pod("ddd444", "db");
  private static final Container SERVER = container("eee555", "server", WEB);
  private static final Container SIDE = container("fff666", "side", WEB);
  private static final Container OTHER_SERVER = container("111aaa", "server", OTHER_WEB);
  private static final Container STORE = container("222bbb", "store", DB);

  private final Directory directory =
      new Directory(
          List.of(WEB, OTHER_WEB, EMPTY_WEB, DB), List.of(SERVER, SIDE, OTHER_SERVER, STORE));

  private static PodSandbox pod(String id, String name) {
    return PodSandbox.newBuilder()
        .setId(id)
        .setMetadata(PodSandboxMetadata.newBuilder().setName(name))
        .build();
  }

  private static Container container(String id, String name, PodSandbox pod) {
    return Container.newBuilder()
        .setId(id)
        .setPodSandboxId(pod.getId())
        .setMetadata(ContainerMetadata.newBuilder().setName(name))
        .build();
  }

  @Test
  void aPodIsFoundByItsNameItsIdAndWhatIsInIt() {
    assertThat(directory.requirePod("db")).isEqualTo(DB);
    assertThat(directory.requirePod("ddd")).isEqualTo(DB);
    assertThat(directory.requirePod("store")).isEqualTo(DB);
    assertThat(directory.requirePod("222")).isEqualTo(DB);
    assertThat(directory.requirePod("db/store")).isEqualTo(DB);
  }

  @Test
  void aContainerIsFoundByItsNameItsIdAndItsPodWhenItIsTheOnlyOne() {
    assertThat(directory.requireContainer("store")).isEqualTo(STORE);
    assertThat(directory.requireContainer("222b")).isEqualTo(STORE);
    assertThat(directory.requireContainer("db/store")).isEqualTo(STORE);
    assertThat(directory.requireContainer("db")).isEqualTo(STORE);
    assertThat(directory.requireContainer("side")).isEqualTo(SIDE);
  }

  @Test
  void severalPodsOfANameAreNamedByTheIdsThatPsShows() {
    assertThatThrownBy(() -> directory.requirePod("web"))
        .hasMessage(
            "pod web is ambiguous; give an id of beagle ps -a instead: eee555, 111aaa, ccc333");
    assertThat(directory.requirePod("eee555")).isEqualTo(WEB);
    assertThat(directory.requirePod("111aaa")).isEqualTo(OTHER_WEB);
    assertThat(directory.requirePod("ccc333")).isEqualTo(EMPTY_WEB);
  }

  @Test
  void severalContainersOfANameAreNamedByTheirIds() {
    assertThatThrownBy(() -> directory.requireContainer("server"))
        .hasMessage(
            "container server is ambiguous; give an id of beagle ps -a instead: eee555, 111aaa");
  }

  @Test
  void whatIsNotThereIsSaidWithTheWayOut() {
    assertThatThrownBy(() -> directory.requirePod("nothing"))
        .hasMessage("pod nothing not found (beagle ps -a shows all)");
    assertThatThrownBy(() -> directory.requireContainer("aa"))
        .hasMessage("container aa not found (beagle ps -a shows all)");
  }
}
