package dev.beagle.image.registry;

import dev.beagle.failure.Failure;
import dev.beagle.image.manifest.Descriptor;
import dev.beagle.image.reference.Repository;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Map;
import java.util.OptionalLong;

/**
 * GET of a blob from an offset to its end (distribution-spec, "Pulling blobs").
 *
 * @param offset in bytes; above 0 only a part is asked for (RFC 9110, section 14.2)
 */
record BlobCall(Repository repository, Descriptor blob, long offset)
    implements RegistryCall<InputStream> {
  @Override
  public String method() {
    return "GET";
  }

  @Override
  public String path() {
    return repository.path() + "/blobs/" + blob.digest();
  }

  @Override
  public Map<String, String> headers() {
    return offset == 0
        ? Map.of("Accept", "*/*")
        : Map.of("Accept", "*/*", "Range", "bytes=" + offset + "-");
  }

  @Override
  public String subject() {
    return repository + " blob " + blob.digest();
  }

  /** A registry without ranges sends everything again, but no slower than it has to be. */
  private static void skip(ResponseBody body, long bytes) throws IOException {
    for (long left = bytes; left > 0; left -= BlobStream.LEAST_BYTES) {
      body.within(BlobStream.LEAST_BYTES_WITHIN);
      body.skipNBytes(Math.min(left, BlobStream.LEAST_BYTES));
    }
    body.within(Duration.ZERO);
  }

  @Override
  public InputStream read(RegistryResponse response) throws IOException {
    long start = 0;
    if (response.status() == 206) {
      if (!response.header("content-range").startsWith("bytes " + offset + "-")) {
        response.close();
        throw new IOException("the part that came is not the one that was asked for");
      }
      start = offset;
    }
    OptionalLong length = response.contentLength();
    if (length.isPresent() && start + length.getAsLong() != blob.size()) {
      response.close();
      throw Failure.corrupted(
          "%s has %d bytes at %s, but its manifest says %d"
              .formatted(
                  subject(),
                  start + length.getAsLong(),
                  response.uri().getAuthority(),
                  blob.size()));
    }
    skip(response.body(), offset - start);
    return response.body();
  }
}
