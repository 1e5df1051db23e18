package dev.beagle.image.content;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.image.reference.Digest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Content is here whole and checked, or not at all. */
class FileContentStoreTest {
  private static final byte[] HELLO = "hello".getBytes(StandardCharsets.UTF_8);

  @TempDir Path folder;
  private FileContentStore store;

  @BeforeEach
  void open() {
    store = FileContentStore.open(folder);
  }

  @Test
  void committedContentIsFoundAlsoAfterReopening() {
    Digest digest = Digest.of(HELLO);
    store.put(digest, HELLO);
    store.put(digest, HELLO);
    FileContentStore reopened = FileContentStore.open(folder);
    assertThat(reopened.find(digest)).hasValue(HELLO);
    assertThat(reopened.digests()).containsExactly(digest);
    reopened.delete(digest);
    reopened.delete(digest);
    assertThat(reopened.contains(digest)).isFalse();
  }

  @Test
  void abandonedIngestLeavesNothing() {
    try (Ingest ingest = store.ingest(Digest.of(HELLO), HELLO.length)) {
      ingest.write(HELLO, 0, 3);
    }
    assertThat(store.digests()).isEmpty();
    assertThat(folder.resolve("ingest")).isEmptyDirectory();
  }

  @Test
  void leftoversOfACrashAreSwept() {
    Ingest interrupted = store.ingest(Digest.of(HELLO), HELLO.length);
    interrupted.write(HELLO, 0, 3);
    FileContentStore.open(folder);
    assertThat(folder.resolve("ingest")).isEmptyDirectory();
    interrupted.close();
  }

  @Test
  void wrongContentIsCorruptedAndNotKept() {
    assertCorrupted("world".getBytes(StandardCharsets.UTF_8), 5);
    assertCorrupted(HELLO, 6);
    assertCorrupted(HELLO, 4);
    assertThat(store.digests()).isEmpty();
    assertThat(folder.resolve("ingest")).isEmptyDirectory();
  }

  private void assertCorrupted(byte[] content, long announced) {
    assertThatThrownBy(
            () -> {
              try (Ingest ingest = store.ingest(Digest.of(HELLO), announced)) {
                ingest.write(content, 0, content.length);
                ingest.commit();
              }
            })
        .isInstanceOfSatisfying(
            Failure.class, failure -> assertThat(failure.kind()).isEqualTo(FailureKind.CORRUPTED));
  }

  @Test
  void interruptNeitherFailsNorIsLost() {
    Thread.currentThread().interrupt();
    store.put(Digest.of(HELLO), HELLO);
    assertThat(Thread.interrupted()).isTrue();
    assertThat(store.find(Digest.of(HELLO))).isPresent();
  }
}
