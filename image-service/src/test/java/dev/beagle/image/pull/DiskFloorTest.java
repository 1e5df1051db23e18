package dev.beagle.image.pull;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.image.pull.DiskFloor.Space;
import dev.beagle.image.testing.SimulatedRegistry;
import dev.beagle.image.testing.TestImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
}
