package dev.beagle.image.pull;

import dev.beagle.failure.Failure;
import dev.beagle.image.catalog.LayerCollection;
import dev.beagle.image.reference.Digest;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;

/** What pulling needs of the store of layers. Thread-safe. */
public interface LayerConverter extends LayerCollection {
  /** The layer, or empty where it is not here. */
  Optional<ConvertedLayer> find(Digest diffId);

  /**
   * Converts a layer while it streams in and makes it findable. The stream must be read to its end
   * before that: the end is where the compressed layer's digest is checked.
   *
   * @param tar uncompressed; closed by the caller; its reads throw {@link Failure}s, which pass
   *     through unchanged
   * @param diffId what the SHA-256 of the tar must be
   * @throws Failure CORRUPTED where the tar is unusable or has another digest; EXHAUSTED where the
   *     disk is full; nothing is left then
   */
  ConvertedLayer convert(InputStream tar, Digest diffId);

  /**
   * What has to be put on top of a stack of layers for it to be the tree that unpacking one after
   * the other gives; the same tar for the same stack.
   *
   * @param diffIds of layers that are here, lowest first
   * @return the tar of one more layer, empty where none is needed
   */
  Optional<byte[]> completion(List<Digest> diffIds);
}
