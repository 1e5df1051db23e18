package dev.beagle.node.streaming;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.runtime.stdio.TerminalSize;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TerminalSizesTest {
  private final List<TerminalSize> sizes = new ArrayList<>();

  private void read(String text) throws IOException {
    TerminalSizes.read(new ByteArrayInputStream(text.getBytes(UTF_8)), sizes::add);
  }

  @Test
  void objectsFollowOneAnother() throws Exception {
    read("{\"Width\":80,\"Height\":24}{\"Width\":132,\"Height\":50}\n {\"Height\":1,\"Width\":2}");
    assertThat(sizes)
        .containsExactly(
            new TerminalSize(80, 24), new TerminalSize(132, 50), new TerminalSize(2, 1));
  }

  @Test
  void zerosAndWhatIsOutOfRangeArePassedOver() throws Exception {
    read("{\"Width\":0,\"Height\":0}{\"Width\":65536,\"Height\":1}{\"Width\":65535,\"Height\":1}");
    assertThat(sizes).containsExactly(new TerminalSize(65535, 1));
  }

  @Test
  void aSizeIsSeenBeforeTheNextOneComes() throws Exception {
    LinkedBlockingQueue<TerminalSize> seen = new LinkedBlockingQueue<>();
    Thread reader;
    try (PipedOutputStream client = new PipedOutputStream()) {
      PipedInputStream stream = new PipedInputStream(client);
      reader =
          Thread.ofVirtual()
              .start(() -> {
                try (stream) {
                  TerminalSizes.read(stream, seen::add);
                } catch (IOException ended) {
                  seen.clear();
                }
              });
      client.write("{\"Width\":80,\"Height\":24}".getBytes(UTF_8));
      client.flush();
      assertThat(seen.poll(10, TimeUnit.SECONDS)).isEqualTo(new TerminalSize(80, 24));
    }
    assertThat(reader.join(Duration.ofSeconds(10))).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"nonsense", "{\"Width\":\"wide\"}", "[1,2]", "{\"Width\":1e99}", "{"})
  void whatIsNotASizeEndsIt(String text) {
    assertThatThrownBy(() -> read(text)).isInstanceOf(IOException.class);
    assertThat(sizes).isEmpty();
  }

  @Test
  void aHugeTokenIsNotHeld() {
    assertThatThrownBy(() -> read("{\"" + "W".repeat(1 << 20) + "\":1}"))
        .isInstanceOf(IOException.class);
    assertThatThrownBy(() -> read("[".repeat(1 << 20))).isInstanceOf(IOException.class);
  }
}
