package dev.beagle.image.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.image.manifest.Descriptor;
import dev.beagle.image.reference.Digest;
import dev.beagle.image.reference.MediaType;
import dev.beagle.testing.ManualTime;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** How slow a registry may be. */
class BlobStreamTest {
  private static final int SIZE = 1 << 20;

  private final ManualTime time = new ManualTime();
  private int reads;

  /** A body that lets wait before each piece. */
  private final class SlowBody extends InputStream {
    private final Duration wait;
    private final int piece;
    private int left = SIZE;

    SlowBody(Duration wait, int piece) {
      this.wait = wait;
      this.piece = piece;
    }

    @Override
    public int read() {
      throw new AssertionError("byte by byte");
    }

    @Override
    public int read(byte[] target, int offset, int length) {
      if (length == 0) {
        return 0;
      }
      reads++;
      time.advance(wait);
      int count = Math.min(Math.min(piece, left), length);
      left -= count;
      return count == 0 ? -1 : count;
    }
  }

  private BlobStream stream(InputStream body) {
    return stream(body, BlobStream.ANY_TIME);
  }

  private BlobStream stream(InputStream body, Duration timeout) {
    RegistrySettings settings = RegistrySettings.defaults();
    HttpClients clients = new HttpClients(Duration.ofSeconds(1), ProxySettings.NONE);
    RegistryCaller unused =
        new RegistryCaller(
            new HttpExchange(clients, settings, time),
            settings,
            new OfferedCredentials(Optional.empty(), "registry.test"),
            time);
    return new BlobStream(
        Descriptor.of(MediaType.OCI_LAYER, Digest.of(new byte[0]), SIZE),
        "blob",
        _ -> body,
        unused,
        timeout,
        Duration.ZERO,
        time);
  }

  @Test
  void aRegistryThatSendsAByteAMinuteIsGivenUp() {
    try (BlobStream stream = stream(new SlowBody(Duration.ofSeconds(59), 1))) {
      Failure failure = catchThrowableOfType(Failure.class, stream::readAllBytes);
      assertThat(failure.kind()).isEqualTo(FailureKind.UNAVAILABLE);
      assertThat(failure.reason()).contains("blob", "only 5 bytes in 5 minutes");
      assertThat(reads).isEqualTo(6);
    }
  }

  @Test
  void aDocumentHasToBeHereInItsTimeHoweverSteadilyItComes() {
    try (BlobStream stream =
        stream(new SlowBody(Duration.ofSeconds(1), 64 << 10), Duration.ofSeconds(10))) {
      Failure failure = catchThrowableOfType(Failure.class, stream::readAllBytes);
      assertThat(failure.kind()).isEqualTo(FailureKind.UNAVAILABLE);
      assertThat(failure.reason())
          .contains("blob", "only 163840 of 1048576 bytes in 10 s", "hosts.toml");
      assertThat(reads).isEqualTo(11);
    }
  }

  @Test
  void aDocumentThatIsCutAgainAndAgainHasToBeHereInItsTimeToo() {
    InputStream cut =
        new InputStream() {
          @Override
          public int read() {
            throw new AssertionError("byte by byte");
          }

          @Override
          public int read(byte[] target, int offset, int length) throws IOException {
            reads++;
            time.advance(Duration.ofSeconds(4));
            throw new IOException("cut");
          }
        };
    try (BlobStream stream = stream(cut, Duration.ofSeconds(10))) {
      assertThat(catchThrowableOfType(Failure.class, stream::readAllBytes))
          .hasMessageContaining("only 0 of 1048576 bytes in 10 s");
      assertThat(reads).isEqualTo(3);
    }
  }

  @Test
  void aSlowLineIsNot() throws IOException {
    // 1 KiB a second: 17 minutes for the whole.
    try (BlobStream stream = stream(new SlowBody(Duration.ofSeconds(1), 1024))) {
      assertThat(stream.readAllBytes()).hasSize(SIZE);
    }
  }

  @Test
  void aSlowReaderIsNotTheRegistrysFault() throws IOException {
    try (BlobStream stream = stream(new SlowBody(Duration.ZERO, 1024))) {
      byte[] buffer = new byte[1024];
      int count = 0;
      for (int read = stream.read(buffer); read >= 0; read = stream.read(buffer)) {
        time.advance(Duration.ofMinutes(1));
        count += read;
      }
      assertThat(count).isEqualTo(SIZE);
    }
  }
}
