package dev.beagle.image.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.image.testing.TarBuilder;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LayeredFilesTest {
  private final LayerStore store;
  private final List<Path> layers = new ArrayList<>();

  LayeredFilesTest(@TempDir Path root) {
    this.store = LayerStore.open(root);
  }

  @Test
  void upperLayersWin() {
    layer(new TarBuilder().file("etc/passwd", "lower").file("etc/group", "g"));
    layer(new TarBuilder().file("etc/passwd", "upper"));
    assertThat(read("/etc/passwd")).contains("upper");
    assertThat(read("/etc/group")).contains("g");
    assertThat(read("etc//./group")).contains("g");
    assertThat(read("/etc/shadow")).isEmpty();
    assertThat(read("/etc/passwd/x")).isEmpty();
  }

  @Test
  void whiteoutsHideWhatIsBelow() {
    layer(new TarBuilder().file("etc/passwd", "lower").file("gone/f", "f"));
    layer(new TarBuilder().file("etc/.wh.passwd", "").file(".wh.gone", ""));
    assertThat(read("/etc/passwd")).isEmpty();
    assertThat(read("/gone/f")).isEmpty();
    layer(new TarBuilder().file("etc/passwd", "again").file("gone/g", "g"));
    assertThat(read("/etc/passwd")).contains("again");
    assertThat(read("/gone/g")).contains("g");
    assertThat(read("/gone/f")).isEmpty();
  }

  @Test
  void opaqueDirectoriesHideWhatIsBelow() {
    layer(new TarBuilder().file("etc/passwd", "lower"));
    layer(new TarBuilder().file("etc/.wh..wh..opq", "").file("etc/group", "g"));
    assertThat(read("/etc/passwd")).isEmpty();
    assertThat(read("/etc/group")).contains("g");
    layer(new TarBuilder().file(".wh..wh..opq", ""));
    assertThat(read("/etc/group")).isEmpty();
  }

  @Test
  void fileInPlaceOfADirectoryHidesIt() {
    layer(new TarBuilder().file("d/f", "lowest"));
    layer(new TarBuilder().file("d", "file"));
    layer(new TarBuilder().file("d/g", "g"));
    assertThat(read("/d/g")).contains("g");
    assertThat(read("/d/f")).isEmpty();
  }

  @Test
  void symbolicLinksStayInsideAndCrossLayers() {
    layer(new TarBuilder().file("usr/etc/passwd", "p").symlink("up", "../../../../usr"));
    layer(new TarBuilder().symlink("etc", "/usr/./etc").symlink("rel", "up/etc/../etc"));
    layer(new TarBuilder().symlink("deep", "etc/passwd"));
    assertThat(read("/etc/passwd")).contains("p");
    assertThat(read("/rel/passwd")).contains("p");
    assertThat(read("/deep")).contains("p");
    assertThat(read("/up/../up/etc/passwd")).contains("p");
  }

  @Test
  void circlesOfLinksEnd() {
    layer(new TarBuilder().symlink("a", "b").symlink("b", "/a").symlink("long", "long/x"));
    assertFails(FailureKind.CORRUPTED, "/a", "40 symbolic links");
    assertFails(FailureKind.CORRUPTED, "/long", "40 symbolic links");
  }

  @Test
  void onlyFilesOfBoundedSizeAreRead() {
    layer(new TarBuilder().directory("etc/passwd").file("big", "x".repeat(101)));
    assertFails(FailureKind.CORRUPTED, "/etc/passwd", "not a file");
    assertFails(FailureKind.CORRUPTED, "/", "not a file");
    assertFails(FailureKind.EXHAUSTED, "/big", "the limit is 100");
  }

  @Test
  void nothingIsFoundWithoutLayers() {
    assertThat(read("/etc/passwd")).isEmpty();
  }

  private void assertFails(FailureKind kind, String path, String reason) {
    assertThatThrownBy(() -> read(path))
        .isInstanceOfSatisfying(
            Failure.class, failure -> assertThat(failure.kind()).isEqualTo(kind))
        .hasMessageContaining(reason);
  }

  private void layer(TarBuilder tar) {
    layers.add(store.convert(new ByteArrayInputStream(tar.build()), null).file());
  }

  private Optional<String> read(String path) {
    return LayeredFiles.readFile(layers, path, 100)
        .map(content -> new String(content, StandardCharsets.UTF_8));
  }
}
