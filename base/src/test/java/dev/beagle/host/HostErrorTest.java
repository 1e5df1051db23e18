package dev.beagle.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HostErrorTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "No space left on device",
        "Disk quota exceeded",
        "Too many open files",
        "Too many open files in system",
        "Cannot allocate memory"
      })
  void limitsOfTheHostAreExhausted(String reason) {
    assertThat(HostError.of("cannot write /x", new IOException(reason)).kind())
        .isEqualTo(FailureKind.EXHAUSTED);
    Failure ofFile =
        HostError.of("cannot write /x", new FileSystemException("/x.new", null, reason));
    assertThat(ofFile.kind()).isEqualTo(FailureKind.EXHAUSTED);
    assertThat(ofFile.reason()).startsWith("cannot write /x: /x.new: " + reason);
  }

  @Test
  void aFullDiskIsSaidWithTheWayOut() {
    assertThat(HostError.of("cannot write /x", new IOException("No space left on device")))
        .hasMessage("cannot write /x: No space left on device; make room there");
    assertThat(HostError.of("cannot open /x", new IOException("Too many open files")))
        .hasMessage("cannot open /x: Too many open files");
  }

  @ParameterizedTest
  @ValueSource(strings = {"Input/output error", "Read-only file system", "Is a directory"})
  void otherErrorsAreNot(String reason) {
    Failure failure = HostError.of("cannot write /x", new IOException(reason));
    assertThat(failure.kind()).isEqualTo(FailureKind.INTERNAL);
    assertThat(failure).hasMessage("cannot write /x: " + reason);
  }

  @Test
  void whatTheTypeTellsIsBelieved() {
    assertThat(HostError.of("x", new AccessDeniedException("/x")).kind())
        .isEqualTo(FailureKind.DENIED);
    assertThat(HostError.of("x", new ClosedByInterruptException()).kind())
        .isEqualTo(FailureKind.CANCELLED);
  }
}
