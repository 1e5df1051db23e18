package dev.beagle.image.catalog;

import dev.beagle.failure.Failure;
import dev.beagle.image.content.ContentStore;
import dev.beagle.image.manifest.ImageConfig;
import dev.beagle.image.manifest.ImageConfigJson;
import dev.beagle.image.reference.Digest;
import dev.beagle.image.reference.ImageName;
import dev.beagle.image.reference.Reference;
import dev.beagle.time.Time;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedSet;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The images that are here. One record per image is kept on disk and replaced whole; every change
 * is ordered so that a crash between any two steps leaves each name with exactly one image and no
 * image without its content: the new owner of a name is written before the old one loses it, and
 * content goes only after the record that refers to it.
 *
 * <p>After a start nothing is collected until {@link #collect()} is called, so that leases of what
 * still runs can be opened again first. Thread-safe: reads take no lock and touch no disk.
 */
public final class Catalog {
  private static final Logger LOG = LoggerFactory.getLogger(Catalog.class);

  private final RecordStore store;
  private final ContentStore content;
  private final LayerCollection layers;
  private final Time time;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<Digest, ImageConfig> configs = new HashMap<>();
  private final Map<Digest, Integer> leases = new HashMap<>();
  private final Set<Reservation> reservations = new HashSet<>();
  private volatile CatalogView view;
  private long serial;
  private boolean collecting;

  Catalog(RecordStore store, ContentStore content, LayerCollection layers, Time time) {
    this.store = store;
    this.content = content;
    this.layers = layers;
    this.time = time;
    this.view = new CatalogView(settle(load()), configs);
  }

  /** Opens the catalogue of a folder and settles what a crash left undecided. */
  public static Catalog open(Path folder, ContentStore content, LayerCollection layers, Time time) {
    return new Catalog(new FileRecordStore(folder), content, layers, time);
  }

  private Map<Digest, CatalogRecord> load() {
    Map<Digest, CatalogRecord> records = new LinkedHashMap<>();
    for (byte[] json : store.load()) {
      try {
        CatalogRecord entry = CatalogRecordJson.read(json);
        configs.put(entry.id(), readConfig(entry.id()));
        records.put(entry.id(), entry);
      } catch (Failure unusable) {
        // The image is lost to us, but a pull brings it back; the rest of the node must go on.
        LOG.atWarn().addKeyValue("reason", unusable.reason()).log("image record left out");
      }
    }
    return records;
  }

  private ImageConfig readConfig(Digest id) {
    return ImageConfigJson.parse(
        content
            .find(id)
            .orElseThrow(() -> Failure.corrupted("config of image " + id + " is missing")));
  }

  /** Gives each name to its latest claimant and ends images that lost their last name. */
  private Map<Digest, CatalogRecord> settle(Map<Digest, CatalogRecord> loaded) {
    Map<Reference, Long> latest = new HashMap<>();
    for (CatalogRecord entry : loaded.values()) {
      entry.names().forEach((name, claim) -> latest.merge(name, claim, Math::max));
    }
    serial = latest.values().stream().mapToLong(Long::longValue).max().orElse(0);
    Map<Digest, CatalogRecord> settled = new LinkedHashMap<>();
    for (CatalogRecord entry : loaded.values()) {
      Map<Reference, Long> kept = new LinkedHashMap<>(entry.names());
      kept.entrySet().removeIf(name -> name.getValue() < latest.getOrDefault(name.getKey(), 0L));
      CatalogRecord now = kept.isEmpty() ? entry.asRemoved() : entry.withNames(kept);
      if (!now.equals(entry)) {
        write(now);
      }
      settled.put(now.id(), now);
    }
    return settled;
  }

  /** All images but removed ones, by id. */
  public List<Image> images() {
    return view.images();
  }

  /**
   * @throws Failure INVALID_ARGUMENT where the beginning of an id is ambiguous
   */
  public Optional<Image> find(ImageName name) {
    return view.find(name);
  }

  /**
   * Enters an image, or adds to one that is here; the names move to it from whoever has them. Its
   * content must be protected by a reservation.
   *
   * @param names at least one
   */
  public Image enter(ImageDraft draft, Collection<? extends Reference> names) {
    return locked(() -> {
      configs.put(draft.id(), readConfig(draft.id()));
      Optional<CatalogRecord> before = Optional.ofNullable(view.records().get(draft.id()));
      long claim = ++serial;
      Map<Reference, Long> all =
          new LinkedHashMap<>(before.map(CatalogRecord::names).orElse(Map.of()));
      names.forEach(name -> all.put(name, claim));
      SequencedSet<Digest> documents = new LinkedHashSet<>(draft.documents());
      before.ifPresent(entry -> documents.addAll(entry.documents()));
      List<Digest> losers =
          names.stream()
              .flatMap(name -> view.owner(name).stream())
              .filter(owner -> !owner.equals(draft.id()))
              .distinct()
              .toList();
      CatalogRecord entered =
          new CatalogRecord(
              draft.id(),
              all,
              documents,
              draft.layers(),
              draft.sizeBytes(),
              before.map(CatalogRecord::pinned).orElse(false),
              false,
              time.now());
      write(entered);
      Map<Digest, CatalogRecord> records = new LinkedHashMap<>(view.records());
      records.put(entered.id(), entered);
      for (Digest loser : losers) {
        strip(records, loser, names);
      }
      show(records);
      collectGarbage();
      return requireById(draft.id());
    });
  }

  /** Takes names from an image; without any left it is removed. */
  private void strip(
      Map<Digest, CatalogRecord> records, Digest loser, Collection<? extends Reference> names) {
    CatalogRecord entry = records.get(loser);
    if (entry == null) {
      return;
    }
    for (Reference name : names) {
      entry = entry.without(name);
    }
    CatalogRecord rest = entry.names().isEmpty() ? entry.asRemoved() : entry;
    write(rest);
    records.put(loser, rest);
  }

  /**
   * Removes the image with all its names. Its content stays while leases are open.
   *
   * @return whether it was here
   */
  public boolean remove(ImageName name) {
    return locked(() -> {
      Optional<Image> found = view.find(name);
      if (found.isEmpty()) {
        return false;
      }
      Map<Digest, CatalogRecord> records = new LinkedHashMap<>(view.records());
      CatalogRecord gone = requireRecord(found.get().id()).asRemoved();
      write(gone);
      records.put(gone.id(), gone);
      show(records);
      collectGarbage();
      return true;
    });
  }

  /** Marks the image as one that automatic collection must leave, or no longer so. */
  public Image pin(ImageName name, boolean pinned) {
    return locked(() -> {
      Image image = view.find(name).orElseThrow(() -> notFound(name));
      CatalogRecord changed = requireRecord(image.id()).withPinned(pinned);
      write(changed);
      Map<Digest, CatalogRecord> records = new LinkedHashMap<>(view.records());
      records.put(changed.id(), changed);
      show(records);
      return requireById(image.id());
    });
  }

  /**
   * Keeps the image's layers until the lease is closed.
   *
   * @param name an image's full id finds removed ones too, for what still runs from them
   * @throws Failure NOT_FOUND
   */
  public Lease lease(ImageName name) {
    return locked(() -> {
      Image image = view.find(name).or(() -> removedOne(name)).orElseThrow(() -> notFound(name));
      leases.merge(image.id(), 1, Integer::sum);
      return new Lease(this, image);
    });
  }

  private Optional<Image> removedOne(ImageName name) {
    return name.idPrefix().flatMap(hex -> Digest.find("sha256:" + hex)).flatMap(view::findById);
  }

  void endLease(Digest id) {
    locked(() -> {
      leases.computeIfPresent(id, (_, count) -> count == 1 ? null : count - 1);
      collectGarbage();
      return true;
    });
  }

  /** Protects content until an image that refers to it is entered. */
  public Reservation reserve() {
    Reservation reservation = new Reservation(this);
    locked(() -> reservations.add(reservation));
    return reservation;
  }

  void end(Reservation reservation) {
    locked(() -> {
      if (reservations.remove(reservation)) {
        collectGarbage();
      }
      return true;
    });
  }

  /**
   * Deletes what nothing refers to, now and from now on after each change. Called once the leases
   * of what runs from images are open again.
   */
  public void collect() {
    locked(() -> {
      collecting = true;
      collectGarbage();
      return true;
    });
  }

  private void collectGarbage() {
    if (!collecting) {
      return;
    }
    Map<Digest, CatalogRecord> records = new LinkedHashMap<>(view.records());
    for (CatalogRecord entry : view.records().values()) {
      if (entry.removed() && !leases.containsKey(entry.id())) {
        store.delete(entry.id());
        records.remove(entry.id());
        configs.remove(entry.id());
      }
    }
    show(records);
    Set<Digest> live = new HashSet<>();
    reservations.forEach(reservation -> live.addAll(reservation.digests()));
    for (CatalogRecord entry : records.values()) {
      live.addAll(entry.documents());
      entry.layers().forEach(layer -> live.add(layer.diffId()));
    }
    content.digests().stream().filter(digest -> !live.contains(digest)).forEach(content::delete);
    layers.diffIds().stream().filter(diffId -> !live.contains(diffId)).forEach(layers::delete);
  }

  private void write(CatalogRecord entry) {
    store.write(entry.id(), CatalogRecordJson.write(entry));
  }

  private void show(Map<Digest, CatalogRecord> records) {
    view = new CatalogView(records, configs);
  }

  private CatalogRecord requireRecord(Digest id) {
    CatalogRecord entry = view.records().get(id);
    if (entry == null) {
      throw Failure.notFound("image", id);
    }
    return entry;
  }

  private Image requireById(Digest id) {
    return view.findById(id).orElseThrow(() -> Failure.notFound("image", id));
  }

  private static Failure notFound(ImageName name) {
    return Failure.notFound(
        "image",
        name.reference().map(Reference::toString).orElseGet(() -> name.idPrefix().orElseThrow()));
  }

  /**
   * Does a change under the lock. An interrupt waits until it is done, because it would close the
   * files that the change is written to.
   */
  <T> T locked(Supplier<T> change) {
    boolean interrupted = Thread.interrupted();
    lock.lock();
    try {
      return change.get();
    } finally {
      lock.unlock();
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
