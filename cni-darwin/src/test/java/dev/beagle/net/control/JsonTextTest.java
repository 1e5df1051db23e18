package dev.beagle.net.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.failure.Failure;
import dev.beagle.net.control.JsonText.JsonObject;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTextTest {
  @Test
  void whatIsWrittenIsReadAgain() {
    JsonObject object =
        new JsonObject()
            .put("text", "a\"b\\c\nd\u0001é")
            .put("number", -5L)
            .put("truth", true)
            .put("list", List.of("x", "y"))
            .put("objects", List.of(new JsonObject().put("n", 1)));
    JsonObject read = JsonText.read(JsonText.write(object));
    assertThat(read.string("text")).isEqualTo("a\"b\\c\nd\u0001é");
    assertThat(read.number("number")).isEqualTo(-5);
    assertThat(read.truth("truth")).isTrue();
    assertThat(read.strings("list")).containsExactly("x", "y");
    assertThat(read.objects("objects").getFirst().integer("n", 0, 9)).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "[]",
        "{\"a\":1} x",
        "{\"a\":1.5}",
        "{\"a\":nul}",
        "{\"a\"}",
        "{\"a\":\"\\u12\"}",
        "{\"a\":\"\\q\"}",
        "{\"a\":99999999999999999999}",
        "{\"a\":\"",
        "{\"a\":tru}"
      })
  void wrongTextIsRefusedByPlace(String text) {
    assertThatThrownBy(() -> JsonText.read(text))
        .isInstanceOf(Failure.class)
        .hasMessageContaining("not JSON at character");
  }

  @Test
  void depthIsBounded() {
    String deep = "{\"a\":".repeat(10_000);
    assertThatThrownBy(() -> JsonText.read(deep)).hasMessageContaining("nested too deeply");
  }

  @Test
  void anyTextIsReadOrRefused() {
    Random random = new Random(11);
    String letters = "{}[]\",:truefalse0123\\un -\n";
    int refused = 0;
    for (int round = 0; round < 20_000; round++) {
      StringBuilder text = new StringBuilder("{");
      for (int length = random.nextInt(20); length > 0; length--) {
        text.append(letters.charAt(random.nextInt(letters.length())));
      }
      try {
        JsonText.read(text.toString());
      } catch (Failure expected) {
        refused++;
      }
    }
    assertThat(refused).isPositive();
  }
}
