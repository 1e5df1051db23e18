package dev.beagle.node.streaming;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.beagle.runtime.stdio.TerminalSize;
import java.io.IOException;
import java.io.InputStream;
import java.util.function.Consumer;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.MappingIterator;
import tools.jackson.databind.json.JsonMapper;

/**
 * Reads a resize stream: JSON objects {@code {"Width":80,"Height":24}}, one after another. Sizes
 * with a zero or out of range are passed over; what is not JSON ends it.
 */
final class TerminalSizes {
  private static final int MAX_STRING = 256;
  private static final int MAX_DEPTH = 4;

  private static final JsonMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxStringLength(MAX_STRING)
                          .maxNameLength(MAX_STRING)
                          .maxNumberLength(MAX_STRING)
                          .maxNestingDepth(MAX_DEPTH)
                          .build())
                  .build())
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .build();

  private TerminalSizes() {}

  /**
   * Blocks until the stream ends.
   *
   * @throws IOException when it breaks off or is not JSON
   */
  static void read(InputStream stream, Consumer<TerminalSize> sizes) throws IOException {
    try (MappingIterator<Size> parsed = MAPPER.readerFor(Size.class).readValues(stream)) {
      while (parsed.hasNextValue()) {
        Size size = parsed.nextValue();
        if (inRange(size.width()) && inRange(size.height())) {
          sizes.accept(new TerminalSize(size.width(), size.height()));
        }
      }
    } catch (JacksonException malformed) {
      throw new IOException(malformed);
    }
  }

  private static boolean inRange(int cells) {
    return cells >= 1 && cells <= 0xFFFF;
  }

  private record Size(@JsonProperty("Width") int width, @JsonProperty("Height") int height) {}
}
