package dev.beagle.image.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.image.reference.Digest;
import dev.beagle.image.reference.ImageName;
import dev.beagle.image.reference.Reference;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

/**
 * Whatever is done to a catalogue, and wherever it is killed, it is whole when it is opened again.
 */
class CatalogCrashPropertyTest {
  private static final int IMAGES = 4;

  sealed interface Action {
    record Enter(int image, int tag) implements Action {}

    record EnterByDigest(int image) implements Action {}

    record Remove(int image) implements Action {}

    record Pin(int image) implements Action {}

    record OpenLease(int image) implements Action {}

    record CloseLease() implements Action {}
  }

  @Property(tries = 2000)
  void killedAnywhereTheCatalogueIsConsistent(
      @ForAll("actions") List<Action> actions, @ForAll @IntRange(max = 60) int stepsBeforeDeath) {
    CatalogWorld world = new CatalogWorld();
    world.dieAfter(stepsBeforeDeath);
    try {
      Catalog catalog = world.open();
      catalog.collect();
      CatalogDriver driver = new CatalogDriver(world, catalog);
      actions.forEach(driver::apply);
    } catch (CatalogWorld.Death killed) {
      // The point of the test.
    }
    world.dieAfter(Integer.MAX_VALUE);
    Catalog reopened = world.open();
    assertConsistent(world, reopened);
    List<Image> before = reopened.images();
    reopened.collect();
    assertThat(reopened.images()).isEqualTo(before);
    assertNothingUnneeded(world, reopened);
    assertThat(world.open().images()).isEqualTo(before);
  }

  @Property(tries = 500)
  void withoutDeathTheLastClaimHasTheName(@ForAll("actions") List<Action> actions) {
    CatalogWorld world = new CatalogWorld();
    Catalog catalog = world.open();
    catalog.collect();
    CatalogDriver driver = new CatalogDriver(world, catalog);
    for (Action action : actions) {
      driver.apply(action);
      assertConsistent(world, catalog);
      if (action instanceof Action.Enter(int image, int tag)) {
        assertThat(catalog.find(ImageName.parse(CatalogWorld.tag(tag).toString())))
            .map(Image::id)
            .contains(world.id(image));
      }
      if (action instanceof Action.Remove(int image)) {
        assertThat(catalog.find(ImageName.parse(world.id(image).toString()))).isEmpty();
      }
    }
    assertThat(world.open().images()).isEqualTo(catalog.images());
    driver.closeLeases();
    assertNothingUnneeded(world, catalog);
  }

  /** Each name has one image, and each image its names and its content. */
  private static void assertConsistent(CatalogWorld world, Catalog catalog) {
    Set<Reference> names = new HashSet<>();
    for (Image image : catalog.images()) {
      Stream.concat(image.tags().stream(), image.digests().stream())
          .forEach(name -> assertThat(names.add(name)).as("%s is nobody else's", name).isTrue());
      assertThat(image.tags().size() + image.digests().size()).isPositive();
      assertThat(world.content.digests()).contains(image.id());
      assertThat(world.layers.diffIds())
          .containsAll(image.layers().stream().map(ImageLayer::diffId).toList());
      for (Reference.Tagged tag : image.tags()) {
        assertThat(catalog.find(ImageName.parse(tag.toString()))).contains(image);
      }
    }
  }

  private static void assertNothingUnneeded(CatalogWorld world, Catalog catalog) {
    Set<Digest> needed = new HashSet<>();
    for (Image image : catalog.images()) {
      needed.add(image.id());
      image.layers().forEach(layer -> needed.add(layer.diffId()));
    }
    assertThat(world.content.digests()).allMatch(needed::contains);
    assertThat(world.layers.diffIds()).allMatch(needed::contains);
    assertThat(world.recordCount()).isEqualTo(catalog.images().size());
  }

  @Provide
  Arbitrary<List<Action>> actions() {
    Arbitrary<Integer> image = Arbitraries.integers().between(0, IMAGES - 1);
    Arbitrary<Integer> tag = Arbitraries.integers().between(0, 2);
    Arbitrary<Action> enter = Combinators.combine(image, tag).as(Action.Enter::new);
    Arbitrary<Action> action =
        Arbitraries.oneOf(
            enter,
            enter,
            enter,
            image.map(Action.EnterByDigest::new),
            image.map(Action.Remove::new),
            image.map(Action.Pin::new),
            image.map(Action.OpenLease::new),
            Arbitraries.create(Action.CloseLease::new));
    return action.list().ofMaxSize(12);
  }
}
