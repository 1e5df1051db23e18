package dev.beagle.image.registry;

import dev.beagle.failure.Failure;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpHeaders;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;

/**
 * An answer whose body has not been read yet.
 *
 * @param uri that answered, after redirects
 * @param documentTimeout until a body that is read as a whole has to be here
 */
record RegistryResponse(
    URI uri, int status, HttpHeaders headers, ResponseBody body, Duration documentTimeout)
    implements AutoCloseable {
  static RegistryResponse of(HttpResponse<ResponseBody> response, Duration documentTimeout) {
    // A proxy's refusal of a tunnel comes without a body, whatever its headers say.
    ResponseBody body = response.body() == null ? ResponseBody.empty() : response.body();
    return new RegistryResponse(
        response.uri(), response.statusCode(), response.headers(), body, documentTimeout);
  }

  String header(String name) {
    return headers.firstValue(name).orElse("");
  }

  List<String> headers(String name) {
    return headers.allValues(name);
  }

  /** The length that the answer announces, empty where it does not or lies about it. */
  OptionalLong contentLength() {
    try {
      return headers.firstValueAsLong("content-length");
    } catch (NumberFormatException lie) {
      return OptionalLong.empty();
    }
  }

  /**
   * The whole body.
   *
   * @throws Failure CORRUPTED where it is longer than the limit; UNAVAILABLE where it is not here
   *     in time, which is not worth another attempt
   */
  byte[] readAll(int limit, String subject) throws IOException {
    byte[] content;
    try {
      content = start(limit + 1);
    } catch (SlowBodyException slow) {
      throw Failure.unavailable(
          "%s: registry %s sent %s: pull again later, or name a mirror in hosts.toml"
              .formatted(subject, uri.getAuthority(), slow.getMessage()),
          slow);
    }
    if (content.length > limit) {
      throw Failure.corrupted(
          "%s: %s sent more than the %d bytes that are allowed"
              .formatted(subject, uri.getAuthority(), limit));
    }
    return content;
  }

  /** The whole body, or as much of it as the limit allows. */
  byte[] start(int limit) throws IOException {
    body.within(documentTimeout);
    return body.readNBytes(limit);
  }

  @Override
  public void close() {
    body.close();
  }
}
