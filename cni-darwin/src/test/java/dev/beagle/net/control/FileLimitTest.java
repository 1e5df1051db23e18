package dev.beagle.net.control;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FileLimitTest {
  @TempDir private Path folder = Path.of("/nonexistent");

  @ParameterizedTest
  @CsvSource({"20000, 20000", "unlimited, 2147483647", "many, 8192"})
  void theSoftLimitIsRead(String soft, long expected) throws IOException {
    Path limits = folder.resolve("limits");
    Files.writeString(
        limits,
        "Limit                     Soft Limit           Hard Limit           Units\n"
            + "Max processes             1                    2                    processes\n"
            + "Max open files            "
            + soft
            + "                30000                files\n");
    assertThat(FileLimit.read(limits)).isEqualTo(expected);
  }

  @Test
  void withoutTheFileItIsWhatIsUsual() {
    assertThat(FileLimit.read(folder.resolve("none"))).isEqualTo(8192);
  }

  @ParameterizedTest
  @CsvSource({"20000, 8976", "1024, 256", "8192, 3072", "2147483647, 16384", "0, 1"})
  void bothTablesFitUnderTheLimitWithAReserve(long limit, int flows) {
    assertThat(FileLimit.largestFlows(limit)).isEqualTo(flows);
  }
}
