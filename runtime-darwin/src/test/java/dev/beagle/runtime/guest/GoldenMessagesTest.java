package dev.beagle.runtime.guest;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Message;
import com.google.protobuf.TextFormat;
import dev.beagle.runtime.guest.wire.Handover;
import dev.beagle.runtime.guest.wire.Hello;
import dev.beagle.runtime.guest.wire.HelloReply;
import dev.beagle.runtime.guest.wire.Reply;
import dev.beagle.runtime.guest.wire.Request;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The Java half of the golden messages; the C half is {@code unit.c}. */
final class GoldenMessagesTest {
  private static final Path FOLDER = Path.of("src", "test", "golden");

  private static final Map<String, Message> TYPES =
      Map.of(
          "Hello", Hello.getDefaultInstance(),
          "HelloReply", HelloReply.getDefaultInstance(),
          "Handover", Handover.getDefaultInstance(),
          "Request", Request.getDefaultInstance(),
          "Reply", Reply.getDefaultInstance());

  static List<Path> messages() throws IOException {
    try (Stream<Path> files = Files.list(FOLDER)) {
      return files.filter(file -> file.toString().endsWith(".txtpb")).sorted().toList();
    }
  }

  @ParameterizedTest
  @MethodSource("messages")
  void textAndBytesAreTheSameMessage(Path file) throws IOException {
    String text = Files.readString(file);
    String name = text.lines().findFirst().orElseThrow().substring(2);
    Message type = Objects.requireNonNull(TYPES.get(name), name);
    Message.Builder message = type.newBuilderForType();
    TextFormat.merge(text, message);
    String hex = Files.readString(Path.of(file.toString().replace(".txtpb", ".hex")));
    byte[] bytes = HexFormat.of().parseHex(hex.replaceAll("\\s", ""));
    assertThat(message.build().toByteArray()).isEqualTo(bytes);
    assertThat(type.getParserForType().parseFrom(bytes)).isEqualTo(message.build());
  }

  /** So that a new request cannot be forgotten here. */
  @Test
  void everyCallHasAMessage() throws IOException {
    List<String> names = messages().stream().map(file -> file.getFileName().toString()).toList();
    List<String> expected =
        Request.getDescriptor().getOneofs().get(0).getFields().stream()
            .map(field -> "request-" + field.getName().replace('_', '-') + ".txtpb")
            .toList();
    assertThat(names).containsAll(expected);
  }
}
