package dev.beagle.net.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.net.control.SwitchRecords.PortRecord;
import dev.beagle.net.control.SwitchRecords.Written;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SwitchRecordsTest {
  private static final String RANGE = "10.88.0.0/16";
  private static final Written WRITTEN =
      new Written(RANGE, 7, List.of(new PortRecord("pod", "10.88.0.6", "token", List.of())));

  private final List<String> warnings = new ArrayList<>();
  private Path file;
  private SwitchRecords records;

  @BeforeEach
  void open(@TempDir Path folder) {
    file = folder.resolve("state.json");
    records = new SwitchRecords(file);
  }

  @Test
  void whatIsWrittenIsRead() {
    records.write(WRITTEN);
    assertThat(records.read(RANGE, warnings::add)).isEqualTo(WRITTEN);
    assertThat(warnings).isEmpty();
  }

  @Test
  void aNewFolderHasNothing() {
    assertThat(records.read(RANGE, warnings::add)).isEqualTo(new Written(RANGE, 0, List.of()));
    assertThat(warnings).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "{\"version\":1,\"ran", "\0\0\0\0", "[]", "{\"version\":1}", "\u00ff"})
  void whatAPowerCutLeavesIsSetAside(String damaged) throws IOException {
    Files.write(file, damaged.getBytes(StandardCharsets.ISO_8859_1));

    assertThat(records.read(RANGE, warnings::add).ports()).isEmpty();

    assertThat(warnings).singleElement().asString().contains(file.toString(), "set aside");
    assertThat(file).doesNotExist();
    assertThat(file.resolveSibling("state.json.damaged")).exists();
    records.write(WRITTEN);
    assertThat(records.read(RANGE, warnings::add)).isEqualTo(WRITTEN);
  }

  @Test
  void anAddressThatIsNoneIsDamageToo() throws IOException {
    records.write(WRITTEN);
    Files.writeString(file, Files.readString(file).replace("10.88.0.6", "10.88.x.6"));
    assertThat(records.read(RANGE, warnings::add).ports()).isEmpty();
    assertThat(warnings).hasSize(1);
  }

  @Test
  void aNewerVersionIsLeftAlone() throws IOException {
    records.write(WRITTEN);
    String newer = Files.readString(file).replace("\"version\":1", "\"version\":2");
    Files.writeString(file, newer);

    assertThatThrownBy(() -> records.read(RANGE, warnings::add))
        .isInstanceOfSatisfying(
            Failure.class,
            failure -> assertThat(failure.kind()).isEqualTo(FailureKind.UNSUPPORTED));
    assertThat(file).hasContent(newer);
  }
}
