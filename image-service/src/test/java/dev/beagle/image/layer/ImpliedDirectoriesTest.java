package dev.beagle.image.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.image.testing.TarBuilder;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImpliedDirectoriesTest {
  private static final int DIRECTORIES = 2_000;

  @TempDir Path root;

  private LayerStore store;

  @BeforeEach
  void openStore() {
    store = LayerStore.open(root.resolve("layers"));
  }

  @Test
  void oneLayerNamedFourHundredTimesIsLookedAtOnce() throws IOException {
    String lowest = convert(new TarBuilder().mode(0700).directory("d0"));
    String wide = convert(many("d"));
    List<String> diffIds = new ArrayList<>(List.of(lowest));
    diffIds.addAll(Collections.nCopies(400, wide));

    assertThat(store.impliedDirectories(diffIds).orElseThrow())
        .isEqualTo(store.impliedDirectories(List.of(lowest, wide)).orElseThrow());
  }

  @Test
  void whatALayerLeavesOutIsFoundBelowDirectoriesThatItDescribes() throws IOException {
    String lower = convert(new TarBuilder().directory("a").mode(0700).directory("a/b"));
    String upper = convert(new TarBuilder().directory("a").file("a/b/c", "x"));

    assertThat(store.impliedDirectories(List.of(lower, upper))).isPresent();
    assertThat(store.impliedDirectories(List.of(upper, lower))).isEmpty();
  }

  @Test
  void workBeyondAllReasonIsRefused() throws IOException {
    List<Path> layers = new ArrayList<>();
    for (int layer = 0; layer < 4; layer++) {
      TarBuilder tar = many("d").file("own" + layer, "x");
      layers.add(store.convert(new ByteArrayInputStream(tar.build()), null).file());
    }

    assertThat(ImpliedDirectories.tarFor(layers, 1_000_000)).isEmpty();
    assertThatThrownBy(() -> ImpliedDirectories.tarFor(layers, 10_000))
        .isInstanceOfSatisfying(
            Failure.class, failure -> assertThat(failure.kind()).isEqualTo(FailureKind.EXHAUSTED))
        .hasMessageContaining("in too many places");
  }

  @Test
  void anInterruptEndsTheSearch() throws IOException {
    List<String> diffIds =
        List.of(
            convert(new TarBuilder().file("a/b", "x")), convert(new TarBuilder().file("a/c", "y")));
    Thread.currentThread().interrupt();

    try {
      assertThatThrownBy(() -> store.impliedDirectories(diffIds)).isInstanceOf(Failure.class);
    } finally {
      Thread.interrupted();
    }
  }

  /** Directories with two names in each of their paths, all of them left out. */
  private static TarBuilder many(String name) throws IOException {
    TarBuilder tar = new TarBuilder();
    for (int number = 0; number < DIRECTORIES; number++) {
      tar.file(name + number + "/e/f", "");
    }
    return tar;
  }

  private String convert(TarBuilder tar) throws IOException {
    return store.convert(new ByteArrayInputStream(tar.build()), null).diffId();
  }
}
