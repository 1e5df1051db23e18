package dev.beagle.image.catalog;

import dev.beagle.image.catalog.CatalogCrashPropertyTest.Action;
import dev.beagle.image.reference.ImageName;
import dev.beagle.image.reference.Reference;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/** Does to a catalogue what pulls, removals and containers do. */
final class CatalogDriver {
  private final CatalogWorld world;
  private final Catalog catalog;
  private final Deque<Lease> leases = new ArrayDeque<>();

  CatalogDriver(CatalogWorld world, Catalog catalog) {
    this.world = world;
    this.catalog = catalog;
  }

  void apply(Action action) {
    switch (action) {
      case Action.Enter(int image, int tag) ->
          enter(image, List.of(CatalogWorld.tag(tag), world.digestName(image)));
      case Action.EnterByDigest(int image) -> enter(image, List.of(world.digestName(image)));
      case Action.Remove(int image) -> catalog.remove(name(image));
      case Action.Pin(int image) ->
          catalog.find(name(image)).ifPresent(_ -> catalog.pin(name(image), true));
      case Action.OpenLease(int image) ->
          catalog.find(name(image)).ifPresent(_ -> leases.push(catalog.lease(name(image))));
      case Action.CloseLease() -> {
        if (!leases.isEmpty()) {
          leases.pop().close();
        }
      }
    }
  }

  private ImageName name(int image) {
    return ImageName.parse(world.id(image).toString());
  }

  private void enter(int image, List<Reference> names) {
    ImageDraft draft = world.draft(image);
    try (Reservation reservation = catalog.reserve()) {
      reservation.protect(draft.id());
      world.content.put(draft.id(), world.config(image));
      for (ImageLayer layer : draft.layers()) {
        reservation.protect(layer.diffId());
        world.layers.put(layer.diffId());
      }
      catalog.enter(draft, names);
    }
  }

  void closeLeases() {
    leases.forEach(Lease::close);
    leases.clear();
  }
}
