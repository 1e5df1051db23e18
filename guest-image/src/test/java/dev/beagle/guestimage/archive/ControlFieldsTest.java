package dev.beagle.guestimage.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.failure.Failure;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class ControlFieldsTest {
  private static ControlFields of(String text) {
    return new ControlFields(
        new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)), Set.of("A", "B"));
  }

  @Test
  void paragraphsHaveWhatIsWanted() throws IOException {
    ControlFields fields = of("\n\nA: 1\nX: y\n z\nB:  two\n  lines\n\n \nA: 3\n\nX: 4");
    assertThat(fields.next()).contains(Map.of("A", "1", "B", "two\n lines"));
    assertThat(fields.next()).contains(Map.of("A", "3"));
    assertThat(fields.next()).contains(Map.of());
    assertThat(fields.next()).isEmpty();
  }

  @Test
  void whatIsNoFieldIsRefused() {
    for (String text : new String[] {"<html>", ": x", "A 1"}) {
      assertThatThrownBy(() -> of(text).next())
          .isInstanceOf(Failure.class)
          .hasMessageStartingWith("a line is no field: ");
    }
  }

  @Test
  void aFieldTwiceIsRefused() {
    assertThatThrownBy(() -> of("A: 1\nA: 2\n").next()).hasMessage("field A is there twice");
  }

  @Test
  void aLineWithoutEndIsRefused() {
    assertThatThrownBy(() -> of("A: " + "x".repeat(2 << 20)).next())
        .hasMessageContaining("a line has more than 1048576 bytes");
  }

  @Test
  void aFieldWithoutEndIsRefused() {
    String line = " " + "x".repeat(1 << 19) + "\n";
    assertThatThrownBy(() -> of("A: 1\n" + line.repeat(20)).next())
        .hasMessageContaining("a field has more than");
  }

  @Test
  void linesThatCrossTheEdgesOfWhatIsReadAtOnceAreWhole() throws IOException {
    String value = "v".repeat(100_000);
    ControlFields fields = of("A: " + value + "\nB: " + value + "\n\n");
    assertThat(fields.next()).contains(Map.of("A", value, "B", value));
  }
}
