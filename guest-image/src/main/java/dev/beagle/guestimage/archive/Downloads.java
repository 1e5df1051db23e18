package dev.beagle.guestimage.archive;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.host.HostError;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/**
 * Files of an archive, and the folder in which those are kept whose content is known beforehand: by
 * their checksums, which are looked at whenever one is used. Several processes may share the
 * folder. Confined to one thread.
 */
final class Downloads implements AutoCloseable {
  private static final Duration CONNECTING = Duration.ofSeconds(20);
  private static final Duration ANSWERING = Duration.ofSeconds(60);

  /** Slower than this is given up. */
  private static final long BYTES_PER_SECOND = 32 << 10;

  private static final String BY_CHECKSUM = "sha256";

  private final Optional<URI> archive;
  private final Path cache;
  private final Consumer<String> progress;
  private final HttpClient client =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .followRedirects(HttpClient.Redirect.NORMAL)
          .connectTimeout(CONNECTING)
          .build();

  /**
   * @param archive empty to use what is in the folder only
   */
  Downloads(Optional<URI> archive, Path cache, Consumer<String> progress) {
    this.archive = archive;
    this.cache = cache;
    this.progress = progress;
  }

  /**
   * A file whose content nobody vouches for yet.
   *
   * @throws Failure UNAVAILABLE, NOT_FOUND, CORRUPTED
   */
  byte[] unchecked(String path, int limitBytes) {
    Path fetched = temporary();
    try {
      get(path, fetched, limitBytes);
      return Files.readAllBytes(fetched);
    } catch (IOException error) {
      throw HostError.of("cannot read " + fetched, error);
    } finally {
      delete(fetched);
    }
  }

  /**
   * A file that has that checksum.
   *
   * @param what for messages: "package crun 1.21-1"
   * @throws Failure UNAVAILABLE where it is neither in the folder nor to be had, CORRUPTED where
   *     the archive has something else
   */
  Path checked(String what, String path, ReleaseIndex.Checked expected, long limitBytes) {
    if (expected.sizeBytes() > limitBytes) {
      throw Failure.corrupted(
          "%s is said to have %d bytes, more than %d are not taken"
              .formatted(what, expected.sizeBytes(), limitBytes));
    }
    Path kept = cache.resolve(BY_CHECKSUM).resolve(expected.sha256().hex());
    if (fits(kept, expected)) {
      return kept;
    }
    Path fetched = temporary();
    try {
      get(path, fetched, expected.sizeBytes());
      if (!fits(fetched, expected)) {
        throw Failure.corrupted(
            "%s at %s is not what the archive's index says: try again later, or name another archive"
                    .formatted(what, uri(path))
                + " with --archive URL");
      }
      Files.createDirectories(kept.getParent());
      Files.move(fetched, kept, StandardCopyOption.ATOMIC_MOVE);
      progress.accept("fetched %s, %.1f MB".formatted(what, expected.sizeBytes() / 1e6));
      return kept;
    } catch (IOException error) {
      throw HostError.of("cannot keep %s in %s".formatted(what, cache), error);
    } finally {
      delete(fetched);
    }
  }

  private static boolean fits(Path file, ReleaseIndex.Checked expected) {
    try {
      return Files.isRegularFile(file)
          && Files.size(file) == expected.sizeBytes()
          && Sha256.ofFile(file).equals(expected.sha256());
    } catch (IOException error) {
      throw HostError.of("cannot read " + file, error);
    }
  }

  private URI uri(String path) {
    String base =
        archive
            .orElseThrow(() ->
                Failure.unavailable(
                    "%s is not in %s and no archive may be asked: leave out --offline, or name"
                            .formatted(path, cache)
                        + " one with --archive URL"))
            .toString();
    return URI.create(base.endsWith("/") ? base + path : base + "/" + path);
  }

  private void get(String path, Path target, long limitBytes) {
    URI uri = uri(path);
    Duration limit = ANSWERING.plusSeconds(limitBytes / BYTES_PER_SECOND);
    try {
      HttpRequest request = HttpRequest.newBuilder(uri).timeout(ANSWERING).build();
      LimitedBody body = new LimitedBody(target, limitBytes);
      HttpResponse<?> response =
          client
              .sendAsync(
                  request,
                  info ->
                      info.statusCode() == 200 ? body : HttpResponse.BodySubscribers.replacing(0L))
              .get(limit.toSeconds(), TimeUnit.SECONDS);
      requireOk(uri, response.statusCode());
    } catch (ExecutionException failed) {
      throw unreachable(uri, reason(failed), failed);
    } catch (TimeoutException slow) {
      throw unreachable(uri, "it took longer than %d s".formatted(limit.toSeconds()), slow);
    } catch (IOException | IllegalArgumentException error) {
      throw unreachable(uri, String.valueOf(error.getMessage()), error);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw Failure.of(FailureKind.CANCELLED, "interrupted while fetching " + uri, interrupted);
    }
  }

  private static void requireOk(URI uri, int status) {
    if (status == 404) {
      throw Failure.notFound("file of the archive", uri);
    }
    if (status != 200) {
      throw Failure.unavailable("%s answered HTTP %d".formatted(uri, status));
    }
  }

  /** A name that nobody knows has no message, but one of those below it does. */
  private static String reason(ExecutionException failed) {
    String reason = "unknown";
    for (Throwable cause = failed.getCause(); cause != null; cause = cause.getCause()) {
      String message = cause.getMessage();
      if (message != null) {
        return message;
      }
      reason = cause.getClass().getSimpleName();
    }
    return reason;
  }

  private static Failure unreachable(URI uri, String reason, Exception cause) {
    return Failure.unavailable(
        "%s cannot be fetched: %s; is this machine online? Another archive: --archive URL"
            .formatted(uri, reason),
        cause);
  }

  private Path temporary() {
    try {
      Files.createDirectories(cache);
      Path file = Files.createTempFile(cache, "fetch", ".part");
      file.toFile().deleteOnExit(); // Ctrl-C
      return file;
    } catch (IOException error) {
      throw HostError.of("cannot write to " + cache, error);
    }
  }

  private static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException leftBehind) {
      // A temporary file more; what matters has been said.
    }
  }

  @Override
  public void close() {
    client.shutdownNow();
  }
}
