package dev.beagle.runtime.microvm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.runtime.pod.SandboxId;
import dev.beagle.runtime.world.WorldRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class MachineLogTest {
  @TempDir private Path folder;

  private String lastLinesOf(String console) throws IOException {
    Files.writeString(folder.resolve("console.log"), console);
    return MachineLog.lastLines(record());
  }

  private WorldRecord record() {
    return new WorldRecord(SandboxId.random(), folder.toString(), "/pod", true);
  }

  private static String registers(int count) {
    return IntStream.range(0, count)
        .mapToObj(number -> "x" + number + ": 0\n")
        .collect(Collectors.joining());
  }

  @Test
  void theLastLinesAreShownOnOne() throws IOException {
    assertThat(lastLinesOf("boot\n\none\ntwo\nthree\nfour\r\n\nlast"))
        .isEqualTo("its console ends with: one | two | three | four | last");
  }

  @Test
  void ofAPanicTheLinesThatLedToItAreShown() throws IOException {
    assertThat(lastLinesOf("a\nb\nc\nd\ne\n[1] Kernel panic - not syncing: why\n" + registers(30)))
        .isEqualTo(
            "its console ends with: b | c | d | e | [1] Kernel panic - not syncing: why | ...");
  }

  @Test
  void aPanicThatIsTheLastLineIsTheEnd() throws IOException {
    assertThat(lastLinesOf(registers(9) + "Kernel panic - not syncing: why\n"))
        .endsWith("x8: 0 | Kernel panic - not syncing: why");
  }

  @Test
  void theTailOfAConsoleIsItsLastLines() throws IOException {
    Files.writeString(folder.resolve("console.log"), "first\n" + registers(60));
    assertThat(MachineLog.tail(record())).hasSize(60).startsWith("x0: 0").endsWith("x59: 0");
    Files.delete(folder.resolve("console.log"));
    assertThat(MachineLog.tail(record())).isEmpty();
  }

  @Test
  void aMachineThatSaidNothingIsSaidToHave() throws IOException {
    assertThat(lastLinesOf("")).isEqualTo("its console shows nothing");
    Files.delete(folder.resolve("console.log"));
    assertThat(MachineLog.lastLines(record())).isEqualTo("it left no console");
  }
}
