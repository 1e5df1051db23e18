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
  void aPanicIsShownHoweverManyLinesComeAfterIt() throws IOException {
    assertThat(lastLinesOf("[1] Kernel panic - not syncing: why\n" + registers(30)))
        .isEqualTo(
            "its console ends with: [1] Kernel panic - not syncing: why | ... | x25: 0 | x26: 0 |"
                + " x27: 0 | x28: 0 | x29: 0");
  }

  @Test
  void aPanicAmongTheLastLinesIsShownOnce() throws IOException {
    assertThat(lastLinesOf(registers(9) + "Kernel panic - not syncing: why\nx9: 0\n"))
        .containsOnlyOnce("Kernel panic")
        .endsWith("x8: 0 | Kernel panic - not syncing: why | x9: 0");
  }

  @Test
  void aMachineThatSaidNothingIsSaidToHave() throws IOException {
    assertThat(lastLinesOf("")).isEqualTo("its console shows nothing");
    Files.delete(folder.resolve("console.log"));
    assertThat(MachineLog.lastLines(record())).isEqualTo("it left no console");
  }
}
