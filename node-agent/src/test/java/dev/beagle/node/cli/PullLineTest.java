package dev.beagle.node.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.cri.node.v1.LayerProgress;
import dev.beagle.cri.node.v1.LayerState;
import dev.beagle.cri.node.v1.PullProgress;
import java.time.Duration;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class PullLineTest {
  private static final String LONG = "registry.k8s.io/e2e-test-images/nginx:1.14-2";

  private static PullProgress progress(long received, long expected) {
    PullProgress.Builder progress = PullProgress.newBuilder();
    LongStream.range(0, 5)
        .forEach(index ->
            progress.addLayers(
                LayerProgress.newBuilder()
                    .setDigest("sha256:" + index)
                    .setState(
                        index < 2
                            ? LayerState.LAYER_STATE_DONE
                            : LayerState.LAYER_STATE_FETCHING)));
    return progress.setBytesReceived(received).setBytesExpected(expected).build();
  }

  private static String line(String reference, PullProgress progress, int width) {
    return PullLine.of(reference, progress, Duration.ofMillis(4200), width);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      ignoreLeadingAndTrailingWhitespace = false,
      value = {
        "78|nginx:1.14-2 [===========>      ]  63%  45.0 MB of 71.3 MB  2/5 layers  4.20 s",
        "50|nginx:1.14-2 [======>   ]  63%  45.0 MB of 71.3 MB",
        "38|nginx:1.14-2 [===========>      ]  63%",
        "20|nginx:.. [==> ]  63%"
      })
  void narrowTerminalsGetFewerNumbers(int width, String expected) {
    String line = line(LONG, progress(45_000_000, 71_300_000), width);

    assertThat(line).isEqualTo(expected).hasSizeLessThanOrEqualTo(width);
  }

  @ParameterizedTest
  @CsvSource({"0,[>       ]", "1,[>       ]", "50,[====>   ]", "99,[=======>]"})
  void theBarIsAsFullAsTheBytes(long percent, String expected) {
    assertThat(line("a", progress(percent * 10, 1000), 17)).contains(expected);
  }

  @Test
  void withoutBytesItSaysWhatIsDone() {
    assertThat(line("a:1", PullProgress.getDefaultInstance(), 77))
        .isEqualTo("a:1  asking the registry  4.20 s");
    assertThat(line("a:1", progress(0, 0), 77)).isEqualTo("a:1  all layers are here  4.20 s");
    assertThat(line("a:1", progress(10, 10), 77)).isEqualTo("a:1  unpacking  4.20 s");
    assertThat(line("a:1", PullProgress.getDefaultInstance(), 17)).isEqualTo("a:1  asking the..");
  }

  @Test
  void numbersThatCannotBeDoNoHarm() {
    assertThat(line("a", progress(5000, 10), 77)).contains("unpacking");
    assertThat(line("a", progress(Long.MAX_VALUE / 2, Long.MAX_VALUE), 77)).contains("EB");
    for (int width = 1; width < 100; width++) {
      assertThat(line(LONG, progress(45_000_000, 71_300_000), width))
          .hasSizeLessThanOrEqualTo(Math.max(width, 2));
    }
  }
}
