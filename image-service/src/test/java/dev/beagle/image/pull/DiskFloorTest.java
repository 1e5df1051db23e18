package dev.beagle.image.pull;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.image.pull.DiskFloor.Space;
import dev.beagle.image.reference.Platform;
import dev.beagle.image.testing.SimulatedRegistry;
import dev.beagle.image.testing.TarBuilder;
import dev.beagle.image.testing.TestImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Pulls leave a part of the disk free. */
class DiskFloorTest {
  private static final long GIB = 1L << 30;
  private static final Space PLENTY = new Space(50 * GIB, 100 * GIB);
  private static final Space SCARCE = new Space(5 * GIB - (1 << 20), 100 * GIB);

  @TempDir Path folder;
  private SimulatedRegistry registry;
  private PullFixture node;

  @BeforeEach
  void start() {
    registry = new SimulatedRegistry();
    node = new PullFixture(folder, 512 << 20);
    node.images().collect();
  }

  @AfterEach
  void stop() {
    node.close();
    registry.close();
  }

  @ParameterizedTest
  @CsvSource({"100, 5120", "20, 1024", "12, 1024", "10, 1024", "8, 409", "1, 51", "0, 0"})
  void theFloorIsAPartAndAGibibyteWhereThatIsLittle(long totalGib, long floorMib) {
    assertThat(new Space(0, totalGib * GIB).floorBytes() >> 20).isEqualTo(floorMib);
  }

  private Failure refusal() {
    Failure failure =
        catchThrowableOfType(Failure.class, () -> node.pull(registry.reference("app:1")));
    assertThat(failure).as("failure of the pull").isNotNull();
    assertThat(failure.kind()).isEqualTo(FailureKind.EXHAUSTED);
    return failure;
  }

  @Test
  void aPullOntoANearlyFullDiskIsRefusedBeforeALayerIsAskedFor() {
    TestImage image = TestImage.of(TestImage.noise(1, 1000));
    registry.push("app", "1", image);
    node.simulateDisk(() -> SCARCE);
    assertThat(refusal().reason())
        .contains(
            folder.toString(), "5119 MiB free", "must keep 5120 MiB", "beagle rmi", "make room");
    assertThat(registry.count("GET /v2/app/blobs/" + image.layers().get(0))).isZero();
    node.assertNothingLeft();
  }

  @Test
  void aLayerThatFillsTheDiskIsGivenUpOnItsWay() {
    // 256 MiB that are some hundred KiB on the wire: a check before it and one each 64 MiB.
    registry.push("app", "1", TestImage.of(new byte[256 << 20]));
    AtomicInteger checks = new AtomicInteger();
    node.simulateDisk(() -> checks.incrementAndGet() < 3 ? PLENTY : SCARCE);
    assertThat(refusal().reason()).startsWith("layer sha256:").contains("5119 MiB free");
    assertThat(checks).hasValue(3);
    node.assertNothingLeft();
  }

  @Test
  void anArchiveIsNotSpooledOntoANearlyFullDisk() {
    node.simulateDisk(() -> SCARCE);
    assertThat(importRefusal(1024).reason())
        .startsWith("the image archive: ")
        .contains("5119 MiB free", "beagle rmi");
    node.assertNothingLeft();
  }

  @Test
  void anArchiveThatFillsTheDiskIsGivenUpOnItsWay() {
    AtomicInteger checks = new AtomicInteger();
    node.simulateDisk(() -> checks.incrementAndGet() < 3 ? PLENTY : SCARCE);
    assertThat(importRefusal(256 << 20).reason()).contains("5119 MiB free");
    assertThat(checks).hasValue(3);
    node.assertNothingLeft();
  }

  /** Of an archive with one file of so many zeros. */
  private Failure importRefusal(int bytes) {
    byte[] name = "big".getBytes(StandardCharsets.UTF_8);
    byte[] header = new TarBuilder().header('0', name, new byte[0], 0, 0, bytes);
    InputStream tar =
        new SequenceInputStream(new ByteArrayInputStream(header), new Zeros(bytes + 1024));
    Failure failure =
        catchThrowableOfType(
            Failure.class,
            () ->
                node.images()
                    .importTar(tar, Optional.empty(), Platform.linux("amd64"), PullProgress.NONE));
    assertThat(failure).as("failure of the import").isNotNull();
    assertThat(failure.kind()).isEqualTo(FailureKind.EXHAUSTED);
    return failure;
  }

  @Test
  void anImageThatIsHereIsStillFoundOnANearlyFullDisk() {
    registry.push("app", "1", TestImage.of(TestImage.noise(2, 1000)));
    node.pull(registry.reference("app:1"));
    node.simulateDisk(() -> SCARCE);
    assertThat(node.pull(registry.reference("app:1")).layers()).hasSize(1);
  }

  @Test
  void theRealDiskIsMeasured() throws IOException {
    Space real = DiskFloor.of(folder).space().get();
    assertThat(real.totalBytes()).isEqualTo(Files.getFileStore(folder).getTotalSpace());
    assertThat(real.freeBytes()).isBetween(0L, real.totalBytes());
  }

  /** More than a test's heap would hold. */
  private static final class Zeros extends InputStream {
    private int left;

    Zeros(int count) {
      left = count;
    }

    @Override
    public int read() {
      return left-- > 0 ? 0 : -1;
    }

    @Override
    public int read(byte[] target, int offset, int length) {
      int count = Math.min(length, left);
      Arrays.fill(target, offset, offset + count, (byte) 0);
      left -= count;
      return count == 0 ? -1 : count;
    }
  }
}
