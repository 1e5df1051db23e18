package dev.beagle.image.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.image.erofs.ErofsReader;
import dev.beagle.image.testing.TarBuilder;
import dev.beagle.lifecycle.Tasks;
import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LayerStoreTest {
  private static final byte[] TAR = new TarBuilder().file("etc/hostname", "beagle\n").build();
  private static final String DIFF_ID = diffId(TAR);

  private final Path folder;
  private final LayerStore store;

  LayerStoreTest(@TempDir Path root) {
    this.folder = root.resolve("layers");
    this.store = LayerStore.open(folder);
  }

  @Test
  void convertedLayerIsFoundByItsDiffId() throws IOException {
    ErofsLayer layer = store.convert(new ByteArrayInputStream(TAR), DIFF_ID);
    assertThat(store.find(DIFF_ID)).contains(layer);
    assertThat(store.list()).containsExactly(layer);
    assertThat(layer.sizeBytes()).isEqualTo(Files.size(layer.file())).isEqualTo(store.sizeBytes());
    try (ErofsReader reader = ErofsReader.open(layer.file())) {
      assertThat(reader.find("etc/hostname")).isPresent();
    }
    assertThat(files()).containsExactly(layer.file());
  }

  @Test
  void unknownDiffIdComesOutOfTheConversion() {
    assertThat(store.convert(new ByteArrayInputStream(TAR), null).diffId()).isEqualTo(DIFF_ID);
  }

  @Test
  void bytesBehindTheArchiveCountForTheDigest() {
    byte[] padded = Arrays.copyOf(TAR, TAR.length + 9000);
    assertThat(store.convert(new ByteArrayInputStream(padded), null).diffId())
        .isEqualTo(diffId(padded));
  }

  @Test
  void wrongDigestLeavesNothing() throws IOException {
    String other = diffId(new byte[1]);
    assertFails(FailureKind.CORRUPTED, new ByteArrayInputStream(TAR), other);
    assertThat(store.find(other)).isEmpty();
    assertThat(store.find(DIFF_ID)).isEmpty();
    assertThat(files()).isEmpty();
  }

  @Test
  void damagedArchivesAndStreamsLeaveNothing() throws IOException {
    assertFails(FailureKind.CORRUPTED, new ByteArrayInputStream(new byte[100]), null);
    InputStream broken =
        new FilterInputStream(new ByteArrayInputStream(TAR)) {
          @Override
          public int read(byte[] target, int from, int length) throws IOException {
            throw new IOException("connection reset");
          }
        };
    assertFails(FailureKind.UNAVAILABLE, broken, DIFF_ID);
    byte[] noGzip = {0x1f, (byte) 0x8b, 8, 0, 0, 0, 0, 0, 0, 0, 7, 7, 7, 7};
    assertFails(
        FailureKind.CORRUPTED, new GZIPInputStream(new ByteArrayInputStream(noGzip)), DIFF_ID);
    assertThat(files()).isEmpty();
  }

  @Test
  void presentLayerIsNotReadAgain() {
    ErofsLayer layer = store.convert(new ByteArrayInputStream(TAR), DIFF_ID);
    InputStream untouchable =
        new FilterInputStream(InputStream.nullInputStream()) {
          @Override
          public int read(byte[] target, int from, int length) {
            throw new AssertionError("read");
          }
        };
    assertThat(store.convert(untouchable, DIFF_ID)).isEqualTo(layer);
  }

  @Test
  void manyWhoAskAtOnceGetOneConversion() {
    AtomicInteger reads = new AtomicInteger();
    CountDownLatch allAsked = new CountDownLatch(8);
    List<Callable<ErofsLayer>> tasks = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      tasks.add(() -> {
        allAsked.countDown();
        return store.convert(counted(reads, allAsked), DIFF_ID);
      });
    }
    assertThat(Tasks.all(tasks)).containsOnly(store.find(DIFF_ID).orElseThrow());
    assertThat(reads).hasValue(1);
  }

  /** A stream that counts itself when it is first read, and then waits for all to have asked. */
  private static InputStream counted(AtomicInteger reads, CountDownLatch allAsked) {
    return new FilterInputStream(new ByteArrayInputStream(TAR)) {
      private boolean counted;

      @Override
      public int read(byte[] target, int from, int length) throws IOException {
        if (!counted) {
          counted = true;
          reads.incrementAndGet();
          awaitAll(allAsked);
        }
        return super.read(target, from, length);
      }
    };
  }

  private static void awaitAll(CountDownLatch latch) throws IOException {
    try {
      latch.await();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IOException(interrupted);
    }
  }

  @Test
  void afterAFailureTheNextOneWhoWaitsTriesItself() {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch mayFail = new CountDownLatch(1);
    InputStream failing =
        new FilterInputStream(InputStream.nullInputStream()) {
          @Override
          public int read(byte[] target, int from, int length) throws IOException {
            begun.countDown();
            awaitAll(mayFail);
            throw new IOException("connection reset");
          }
        };
    List<Callable<Boolean>> tasks =
        List.of(
            () -> {
              assertFails(FailureKind.UNAVAILABLE, failing, DIFF_ID);
              return true;
            },
            () -> {
              begun.await();
              mayFail.countDown();
              store.convert(new ByteArrayInputStream(TAR), DIFF_ID);
              return true;
            });
    assertThat(Tasks.all(tasks)).containsOnly(true);
    assertThat(store.find(DIFF_ID)).isPresent();
  }

  @Test
  void leftoversOfACrashAreSweptAndLayersStay() throws IOException {
    store.convert(new ByteArrayInputStream(TAR), DIFF_ID);
    Path leftover = Files.writeString(folder.resolve("ingest/layer-7"), "half");
    LayerStore next = LayerStore.open(folder);
    assertThat(leftover).doesNotExist();
    assertThat(next.find(DIFF_ID)).isPresent();
  }

  @Test
  void deletedLayerIsGone() {
    store.convert(new ByteArrayInputStream(TAR), DIFF_ID);
    assertThat(store.delete(DIFF_ID)).isTrue();
    assertThat(store.delete(DIFF_ID)).isFalse();
    assertThat(store.find(DIFF_ID)).isEmpty();
    assertThat(store.sizeBytes()).isZero();
  }

  @Test
  void interruptionIsCancelledAndLeavesNothing() throws IOException {
    InputStream interrupting =
        new FilterInputStream(new ByteArrayInputStream(TAR)) {
          @Override
          public int read(byte[] target, int from, int length) throws IOException {
            Thread.currentThread().interrupt();
            return super.read(target, from, length);
          }
        };
    assertFails(FailureKind.CANCELLED, interrupting, DIFF_ID);
    assertThat(Thread.interrupted()).isTrue();
    assertThat(files()).isEmpty();
  }

  @Test
  void diffIdsAreNotPaths() {
    for (String bad :
        List.of(
            "",
            "sha256:",
            "../../etc/passwd",
            "sha256:" + "A".repeat(64),
            "sha512:" + "a".repeat(128),
            "sha256:" + "a".repeat(63) + "/")) {
      assertThatThrownBy(() -> store.find(bad))
          .isInstanceOfSatisfying(
              Failure.class,
              failure -> assertThat(failure.kind()).isEqualTo(FailureKind.INVALID_ARGUMENT));
    }
  }

  @Test
  void uuidDependsOnTheDiffIdOnly() {
    assertThat(DiffIds.uuid("sha256:" + "f".repeat(64)))
        .hasToString("ffffffff-ffff-8fff-bfff-ffffffffffff");
  }

  private void assertFails(FailureKind kind, InputStream tar, @Nullable String diffId) {
    assertThatThrownBy(() -> store.convert(tar, diffId))
        .isInstanceOfSatisfying(
            Failure.class, failure -> assertThat(failure.kind()).isEqualTo(kind));
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(Files::isRegularFile).toList();
    }
  }

  static String diffId(byte[] tar) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(tar);
      return "sha256:" + HexFormat.of().formatHex(digest);
    } catch (NoSuchAlgorithmException error) {
      throw new IllegalStateException(error);
    }
  }
}
