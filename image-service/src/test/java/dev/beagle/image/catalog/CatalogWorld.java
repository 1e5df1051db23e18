package dev.beagle.image.catalog;

import dev.beagle.image.content.ContentStore;
import dev.beagle.image.content.Ingest;
import dev.beagle.image.reference.Digest;
import dev.beagle.image.reference.Reference;
import dev.beagle.testing.ManualTime;
import java.io.Serial;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A disk in memory under a catalogue, on which each step is there whole or not at all, and that
 * kills its user after so many steps.
 */
final class CatalogWorld {
  final Contents content = new Contents();
  final Layers layers = new Layers();
  private final Map<Digest, byte[]> records = new HashMap<>();
  private int stepsLeft = Integer.MAX_VALUE;

  void dieAfter(int steps) {
    stepsLeft = steps;
  }

  private void step() {
    if (stepsLeft-- <= 0) {
      throw new Death();
    }
  }

  Catalog open() {
    return new Catalog(new Records(), content, layers, new ManualTime());
  }

  int recordCount() {
    return records.size();
  }

  byte[] config(int image) {
    return """
    {"os":"linux","architecture":"amd64","config":{"User":"%d"},
     "rootfs":{"type":"layers","diff_ids":["%s","%s"]}}\
    """
        .formatted(image, layer(image), layer(image + 1))
        .getBytes(StandardCharsets.UTF_8);
  }

  /** Neighbours share a layer. */
  private static Digest layer(int number) {
    return Digest.of(new byte[] {(byte) number});
  }

  Digest id(int image) {
    return Digest.of(config(image));
  }

  ImageDraft draft(int image) {
    return new ImageDraft(
        id(image),
        List.of(id(image)),
        List.of(new ImageLayer(layer(image), 1), new ImageLayer(layer(image + 1), 1)),
        100);
  }

  static Reference.Tagged tag(int number) {
    return (Reference.Tagged) Reference.parse("registry.test/app:" + number);
  }

  Reference.Digested digestName(int image) {
    return (Reference.Digested)
        Reference.parse("registry.test/app@" + Digest.of(new byte[] {1, (byte) image}));
  }

  /** The process is gone. */
  static final class Death extends RuntimeException {
    @Serial private static final long serialVersionUID = 1L;
  }

  private final class Records implements RecordStore {
    @Override
    public List<byte[]> load() {
      return new ArrayList<>(records.values());
    }

    @Override
    public void write(Digest id, byte[] written) {
      step();
      records.put(id, written);
    }

    @Override
    public void delete(Digest id) {
      step();
      records.remove(id);
    }
  }

  /** Blobs in memory. */
  final class Contents implements ContentStore {
    private final Map<Digest, byte[]> blobs = new HashMap<>();

    @Override
    public Optional<byte[]> find(Digest digest) {
      return Optional.ofNullable(blobs.get(digest));
    }

    @Override
    public boolean contains(Digest digest) {
      return blobs.containsKey(digest);
    }

    @Override
    public Ingest ingest(Digest expected, long size) {
      throw new UnsupportedOperationException("tests put whole blobs");
    }

    @Override
    public void put(Digest expected, byte[] bytes) {
      step();
      blobs.put(expected, bytes);
    }

    @Override
    public List<Digest> digests() {
      return List.copyOf(blobs.keySet());
    }

    @Override
    public void delete(Digest digest) {
      step();
      blobs.remove(digest);
    }
  }

  /** Layers in memory. */
  final class Layers implements LayerCollection {
    private final Set<Digest> present = new HashSet<>();

    void put(Digest diffId) {
      step();
      present.add(diffId);
    }

    @Override
    public List<Digest> diffIds() {
      return List.copyOf(present);
    }

    @Override
    public void delete(Digest diffId) {
      step();
      present.remove(diffId);
    }
  }
}
