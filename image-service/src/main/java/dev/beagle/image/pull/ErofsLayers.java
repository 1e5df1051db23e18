package dev.beagle.image.pull;

import dev.beagle.image.layer.ErofsLayer;
import dev.beagle.image.layer.LayerStore;
import dev.beagle.image.reference.Digest;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;

/** The node's store of EROFS layers, as pulling sees it. */
record ErofsLayers(LayerStore store) implements LayerConverter {
  @Override
  public Optional<ConvertedLayer> find(Digest diffId) {
    return store.find(diffId.toString()).map(ErofsLayers::converted);
  }

  @Override
  public ConvertedLayer convert(InputStream tar, Digest diffId) {
    return converted(store.convert(tar, diffId.toString()));
  }

  @Override
  public List<Digest> diffIds() {
    return store.list().stream().map(layer -> Digest.parse(layer.diffId())).toList();
  }

  @Override
  public void delete(Digest diffId) {
    store.delete(diffId.toString());
  }

  @Override
  public Optional<byte[]> completion(List<Digest> diffIds) {
    return store.impliedDirectories(diffIds.stream().map(Digest::toString).toList());
  }

  private static ConvertedLayer converted(ErofsLayer layer) {
    return new ConvertedLayer(Digest.parse(layer.diffId()), layer.file(), layer.sizeBytes());
  }
}
