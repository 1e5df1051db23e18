package dev.beagle.image.registry;

import dev.beagle.image.reference.Repository;
import java.io.IOException;
import java.util.Map;

/**
 * One endpoint of the registry's API with what it answers; the HTTP around it is {@link
 * RegistryCaller}'s.
 *
 * @param <T> what the answer means
 */
interface RegistryCall<T> {
  String method();

  /** Below {@code /v2/}. */
  String path();

  /** Besides those of the transport and of authorisation. */
  Map<String, String> headers();

  Repository repository();

  /** For messages: what is asked for. */
  String subject();

  /**
   * Reads a successful answer; closes its body unless the result is the body.
   *
   * @throws IOException where the answer broke off, which is worth another attempt
   */
  T read(RegistryResponse response) throws IOException;

  /** The token scope that reading needs (distribution token authentication). */
  default String scope() {
    return "repository:" + repository().path() + ":pull";
  }
}
