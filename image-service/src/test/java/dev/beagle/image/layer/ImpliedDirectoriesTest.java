package dev.beagle.image.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.image.tar.TarEntry;
import dev.beagle.image.tar.TarLimits;
import dev.beagle.image.tar.TarReader;
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
  private static final int DIRECTORIES = 10_000;

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
    List<Path> once = files(List.of(lowest, wide));
    List<String> diffIds = new ArrayList<>(List.of(lowest));
    diffIds.addAll(Collections.nCopies(400, wide));
    // Each of the 20000 directories is listed in one layer and looked up in at most two.
    long steps = 5 * 2 * DIRECTORIES;

    byte[] expected = ImpliedDirectories.tarFor(once, steps).orElseThrow();
    assertThat(ImpliedDirectories.tarFor(files(diffIds), steps).orElseThrow()).isEqualTo(expected);
    assertThat(store.impliedDirectories(diffIds).orElseThrow()).isEqualTo(expected);
  }

  @Test
  void ofALayerNamedTwiceTheTopmostPlaceCounts() throws IOException {
    String closed = convert(new TarBuilder().mode(0700).directory("d"));
    String open = convert(new TarBuilder().mode(0755).directory("d"));
    String implying = convert(new TarBuilder().file("d/f", "x"));

    assertThat(store.impliedDirectories(List.of(closed, open, closed, implying)).orElseThrow())
        .isEqualTo(store.impliedDirectories(List.of(closed, implying)).orElseThrow());
    assertThat(store.impliedDirectories(List.of(closed, implying, closed))).isEmpty();
    assertThat(store.impliedDirectories(List.of(implying, closed, implying))).isPresent();
  }

  @Test
  void directoriesOffTheMarkedWayAreNotVisited() throws IOException {
    TarBuilder tar = new TarBuilder().directory("all");
    for (int number = 0; number < DIRECTORIES; number++) {
      tar.directory("all/d" + number);
    }
    String wide = convert(tar.file("a/b/c", "x"));
    String lower = convert(new TarBuilder().directory("a").mode(0700).directory("a/b"));

    assertThat(ImpliedDirectories.tarFor(files(List.of(lower, wide)), 100)).isPresent();
  }

  @Test
  void whatALayerLeavesOutIsFoundBelowDirectoriesThatItDescribes() throws IOException {
    String lower = convert(new TarBuilder().directory("a").mode(0700).directory("a/b"));
    String upper = convert(new TarBuilder().directory("a").file("a/b/c", "x"));

    assertThat(store.impliedDirectories(List.of(lower, upper))).isPresent();
    assertThat(store.impliedDirectories(List.of(upper, lower))).isEmpty();
  }

  /** Usr-merged, as distributions are. */
  private static TarBuilder merged() {
    TarBuilder tar = new TarBuilder().directory("usr").owner(3, 4).mode(0711).directory("usr/lib");
    return tar.mode(0700).directory("usr/lib/sub").symlink("lib", "usr/lib");
  }

  @Test
  void inPlaceOfALinkADirectoryLooksAsWhatTheLinkLeadsTo() throws IOException {
    String lower = convert(merged());
    String upper = convert(new TarBuilder().file("lib/x", "x").file("lib/sub/new/y", "y"));

    assertThat(completion(List.of(lower, upper))).containsExactly("lib 711 3:4", "lib/sub 700 0:0");
  }

  @Test
  void linksAcrossLayersAreFollowedInsideTheRoot() throws IOException {
    String lowest = convert(merged());
    String middle = convert(new TarBuilder().symlink("a", "../../b/.").symlink("b", "/lib"));
    String upper = convert(new TarBuilder().file("a/sub/x", "x"));
    String top = convert(new TarBuilder().file("a/y", "y"));

    assertThat(completion(List.of(lowest, middle, upper, top)))
        .containsExactly("a 711 3:4", "a/sub 700 0:0");
  }

  @Test
  void linksThatLeadToNoDirectoryGiveNothing() throws IOException {
    TarBuilder links = new TarBuilder().file("f", "f").symlink("file", "f").symlink("self", "self");
    String lower = convert(links.symlink("none", "nowhere").symlink("d", "../.."));
    String upper =
        convert(new TarBuilder().file("file/x", "").file("self/x", "").file("none/x", ""));

    assertThat(store.impliedDirectories(List.of(lower, upper))).isEmpty();
  }

  @Test
  void aDirectoryThatIsDescribedOrDeletedBeforeTakesNothingFromALink() throws IOException {
    String lower = convert(merged());
    String described = convert(new TarBuilder().directory("lib").file("lib/sub/x", "x"));
    String deleted = convert(new TarBuilder().file(".wh.lib", "").file("lib/sub/x", "x"));

    assertThat(store.impliedDirectories(List.of(lower, described))).isEmpty();
    assertThat(store.impliedDirectories(List.of(lower, deleted))).isEmpty();
  }

  @Test
  void followingLinksIsBoundedToo() throws IOException {
    TarBuilder links = new TarBuilder().directory("d").symlink("l0", "./".repeat(10) + "d");
    for (int link = 1; link < 40; link++) {
      links.symlink("l" + link, "d/../".repeat(100) + "l" + (link - 1));
    }
    for (int number = 0; number < 100; number++) {
      links.symlink("to" + number, "l38");
    }
    TarBuilder through = new TarBuilder();
    for (int number = 0; number < 100; number++) {
      through.file("to" + number + "/x", "");
    }
    List<Path> layers = files(List.of(convert(links), convert(through)));

    assertThat(ImpliedDirectories.tarFor(layers, 1_000_000)).isPresent();
    assertThatThrownBy(() -> ImpliedDirectories.tarFor(layers, 100_000))
        .hasMessageContaining("in too many places");
  }

  /** What the layer on top says of the directories that it has; the ones above them left out. */
  private List<String> completion(List<String> diffIds) throws IOException {
    byte[] tar = store.impliedDirectories(diffIds).orElseThrow();
    TarReader reader = new TarReader(new ByteArrayInputStream(tar), TarLimits.DEFAULT);
    List<String> lines = new ArrayList<>();
    for (TarEntry entry = reader.next(); entry != null; entry = reader.next()) {
      if (entry.path().length > 2) {
        lines.add(
            "%s %o %d:%d"
                .formatted(
                    entry.displayPath().substring(2), entry.mode(), entry.uid(), entry.gid()));
      }
    }
    return lines;
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
      assertThatThrownBy(() -> store.impliedDirectories(diffIds))
          .isInstanceOfSatisfying(
              Failure.class,
              failure -> assertThat(failure.kind()).isEqualTo(FailureKind.CANCELLED));
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

  private List<Path> files(List<String> diffIds) {
    return diffIds.stream().map(diffId -> store.find(diffId).orElseThrow().file()).toList();
  }

  private String convert(TarBuilder tar) throws IOException {
    return store.convert(new ByteArrayInputStream(tar.build()), null).diffId();
  }
}
