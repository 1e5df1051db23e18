package dev.beagle.node.cri;

import java.util.List;
import java.util.Optional;

/** What the CRI needs of the node's images. Thread-safe; all but {@link #pull} answer at once. */
public interface NodeImages {
  /**
   * Fetches an image and blocks until it can be run. The registry is asked even for an image that
   * is here. An interrupt of the calling thread ends the pull with CANCELLED.
   *
   * @param reference as the client wrote it, for instance {@code busybox}
   * @param listener hears how it goes
   * @return the image's id
   * @throws dev.beagle.failure.Failure UNAVAILABLE when the registry cannot be reached
   */
  String pull(String reference, Optional<RegistryLogin> login, PullListener listener);

  /** By id, a unique beginning of an id, or a name with tag or digest. */
  Optional<NodeImage> find(String reference);

  List<NodeImage> list();

  /**
   * An image's OCI config, as its JSON text.
   *
   * @throws dev.beagle.failure.Failure NOT_FOUND for an unknown id
   */
  String configJson(String id);

  /** Removes the image with all its names; nothing for an unknown id. */
  void remove(String id);

  /** Hears of a pull's layers, on several threads at once; returns quickly and throws nothing. */
  interface PullListener {
    /** For who does not care. */
    PullListener NONE =
        new PullListener() {
          @Override
          public void resolved(List<Layer> layers) {}

          @Override
          public void changed(Layer layer) {}
        };

    /** The image has these layers, lowest first. */
    void resolved(List<Layer> layers);

    void changed(Layer layer);
  }

  /**
   * A layer on its way.
   *
   * @param digest of the compressed layer, with its algorithm
   * @param bytesReceived of {@code bytesExpected}, compressed
   */
  record Layer(String digest, LayerState state, long bytesReceived, long bytesExpected) {}

  /** WAITING is for its turn or for another pull, FINISHING has all bytes, PRESENT was here. */
  enum LayerState {
    WAITING,
    FETCHING,
    FINISHING,
    DONE,
    PRESENT
  }

  /**
   * An image on this node.
   *
   * @param id {@code sha256:...} of its config
   * @param tags names with a tag
   * @param digests names with a digest
   * @param sizeBytes as fetched
   * @param user the user of its config, for instance {@code 1000:1000}; empty for none
   * @param pinned never to be collected
   */
  record NodeImage(
      String id,
      List<String> tags,
      List<String> digests,
      long sizeBytes,
      String user,
      boolean pinned) {
    public NodeImage {
      tags = List.copyOf(tags);
      digests = List.copyOf(digests);
    }
  }

  /**
   * The credentials of one pull as the client sent them, never kept. What is not set is empty;
   * which of them counts is the registry client's decision.
   *
   * @param auth base64 of {@code user:password}
   * @param server the registry they are for; empty for the image's own
   */
  record RegistryLogin(
      String username, String password, String auth, String identityToken, String server) {
    @Override
    public String toString() {
      return "login for " + (server.isEmpty() ? "the image's registry" : server);
    }
  }
}
