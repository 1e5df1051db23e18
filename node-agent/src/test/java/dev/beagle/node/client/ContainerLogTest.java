package dev.beagle.node.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.failure.Failure;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ContainerLogTest {
  private static final String TIME = "2026-01-02T03:04:05.678901234Z";

  @TempDir Path folder;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  private ContainerLog log(boolean timestamps) {
    return new ContainerLog(folder.resolve("0.log"), out, err, timestamps);
  }

  private void append(String... lines) throws IOException {
    for (String line : lines) {
      Files.writeString(
          folder.resolve("0.log"), line, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }
  }

  @Test
  void linesGoToTheStreamTheyCameFrom() throws IOException {
    append(TIME + " stdout F hello world\n", TIME + " stderr F oh\n");

    assertThat(log(false).copy()).isTrue();
    assertThat(out).hasToString("hello world\n");
    assertThat(err).hasToString("oh\n");
  }

  @Test
  void partialLinesAreJoined() throws IOException {
    append(TIME + " stdout P one \n", TIME + " stdout F line\n");

    log(true).copy();
    assertThat(out).hasToString(TIME + " one line\n");
  }

  @Test
  void aLineStillBeingWrittenWaits() throws IOException {
    ContainerLog log = log(false);
    append(TIME + " stdout F hel");
    assertThat(log.copy()).isFalse();
    append("lo\n");
    assertThat(log.copy()).isTrue();
    assertThat(log.copy()).isFalse();
    assertThat(out).hasToString("hello\n");
  }

  @Test
  void aRotatedFileIsReadFromItsBeginning() throws IOException {
    ContainerLog log = log(false);
    append(TIME + " stdout F a long first line\n");
    log.copy();
    Files.delete(folder.resolve("0.log"));
    append(TIME + " stdout F b\n");
    log.copy();
    assertThat(out).hasToString("a long first line\nb\n");
  }

  @Test
  void theTailBeginsAtTheLastLines() throws IOException {
    for (int line = 0; line < 5000; line++) {
      append(TIME + " stdout F line " + line + "\n");
    }
    ContainerLog log = log(false);
    log.skipToLast(2);
    log.copy();
    assertThat(out).hasToString("line 4998\nline 4999\n");
  }

  @Test
  void aTailOfNothingShowsOnlyWhatComes() throws IOException {
    append(TIME + " stdout F old\n");
    ContainerLog log = log(false);
    log.skipToLast(0);
    append(TIME + " stdout F new\n");
    log.copy();
    assertThat(out).hasToString("new\n");
  }

  @Test
  void aFileThatIsNotThereYetIsEmpty() {
    assertThat(log(false).copy()).isFalse();
  }

  @Test
  void whatIsNoLogIsRefused() throws IOException {
    append("garbage\n");
    assertThatThrownBy(() -> log(false).copy())
        .isInstanceOf(Failure.class)
        .hasMessageContaining("not a CRI log line");
  }

  @Test
  void anEndlessLineIsRefused() throws IOException {
    append("x".repeat(1 << 17));
    assertThatThrownBy(() -> log(false).copy())
        .isInstanceOf(Failure.class)
        .hasMessageContaining("a line longer than");
  }
}
