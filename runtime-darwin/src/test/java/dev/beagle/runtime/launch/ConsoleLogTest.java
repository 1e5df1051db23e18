package dev.beagle.runtime.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ConsoleLogTest {
  @TempDir private Path path;
  private MachineFolder folder;
  private ConsoleLog log;

  @BeforeEach
  void open() throws Exception {
    folder = new MachineFolder(path);
    log = new ConsoleLog(folder);
  }

  private void print(String text) {
    for (byte each : text.getBytes(StandardCharsets.UTF_8)) {
      log.accept(each);
    }
  }

  @Test
  void linesAreThereAtOnceAndTheRestAtTheEnd() {
    print("one\ntw");
    assertThat(folder.console()).hasContent("one\n");
    log.flush();
    assertThat(folder.console()).hasContent("one\ntw");
  }

  @Test
  void theEndOfALineIsOneCharacterAsPagersWantIt() throws Exception {
    print("one\r\ntwo\rthree\r\r\nlast\n");
    assertThat(Files.readString(folder.console())).isEqualTo("one\ntwo\rthree\r\nlast\n");
  }

  @Test
  void aNoteOfTheHostIsALineOfItsOwn() throws Exception {
    print("half");
    log.note("the disk is full");
    print("\nwhole\n");
    assertThat(Files.readString(folder.console()))
        .isEqualTo("half\nmachine: the disk is full\n\nwhole\n");
  }

  @Test
  void aGuestThatPrintsForEverFillsNoDisk() throws Exception {
    String line = "x".repeat(1000);
    int lines = (int) (3 * ConsoleLog.LIMIT_BYTES / 1000);
    for (int at = 0; at < lines; at++) {
      print(line + at + "\n");
    }
    assertThat(Files.size(folder.console())).isLessThanOrEqualTo(ConsoleLog.LIMIT_BYTES);
    assertThat(Files.size(folder.previousConsole())).isLessThanOrEqualTo(ConsoleLog.LIMIT_BYTES);
    assertThat(Files.readString(folder.console())).endsWith("x" + (lines - 1) + "\n");
  }

  @Test
  void aLineWithoutAnEndDoesNotGrow() throws Exception {
    print("y".repeat(5000));
    assertThat(Files.size(folder.console())).isBetween(4000L, 5000L);
  }

  @Test
  void theNextMachineLeavesThePreviousConsole() throws Exception {
    print("before\n");
    ConsoleLog next = new ConsoleLog(folder);
    next.accept((byte) '\n');
    assertThat(folder.previousConsole()).hasContent("before\n");
    assertThat(folder.console()).hasContent("\n");
  }
}
