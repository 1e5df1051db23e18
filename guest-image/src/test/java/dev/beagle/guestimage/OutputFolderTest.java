package dev.beagle.guestimage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class OutputFolderTest {
  @TempDir Path parent;
  private Path output;

  @BeforeEach
  void name() {
    output = parent.resolve("guest");
  }

  private Path put(String manifest) throws IOException {
    try (OutputFolder folder = OutputFolder.begin(output)) {
      Files.writeString(folder.file("manifest.json"), manifest);
      return folder.commit();
    }
  }

  private List<String> names() throws IOException {
    try (Stream<Path> all = Files.list(parent)) {
      return all.map(path -> path.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void anImageIsALinkToAFolderNamedByItsContent() throws IOException {
    Path folder = put("one");
    assertThat(output).isSymbolicLink();
    assertThat(output.resolve("manifest.json")).hasContent("one");
    assertThat(output.toRealPath()).isEqualTo(folder.toRealPath());
    assertThat(folder.getFileName().toString()).matches("guest-[0-9a-f]{12}");
  }

  @Test
  void anotherTakesItsPlaceAndNothingIsLeft() throws IOException {
    put("one");
    Path second = put("two");
    assertThat(output.resolve("manifest.json")).hasContent("two");
    assertThat(names()).containsExactly("guest", second.getFileName().toString());
  }

  @Test
  void theSameAgainIsTheSame() throws IOException {
    assertThat(put("one")).isEqualTo(put("one"));
    assertThat(names()).hasSize(2);
  }

  @Test
  void theSameAgainMendsOneThatLostFiles() throws IOException {
    Path first = put("one");
    Files.delete(first.resolve("manifest.json"));
    put("one");
    assertThat(output.resolve("manifest.json")).hasContent("one");
  }

  @Test
  void whatIsGivenUpLeavesTheOneBefore() throws IOException {
    put("one");
    List<String> before = names();
    try (OutputFolder folder = OutputFolder.begin(output)) {
      Files.writeString(folder.file("Image"), "half");
    }
    assertThat(names()).isEqualTo(before);
    assertThat(output.resolve("manifest.json")).hasContent("one");
  }

  @Test
  void foldersOfOthersBesideItStay() throws IOException {
    Files.createDirectory(parent.resolve("guest-old"));
    Files.createDirectory(parent.resolve("other-0123456789ab"));
    put("one");
    put("two");
    assertThat(names()).contains("guest-old", "other-0123456789ab");
  }

  @Test
  void whatIsNoImageIsNotReplaced() throws IOException {
    Files.createDirectory(output);
    assertThatThrownBy(() -> OutputFolder.begin(output))
        .isInstanceOfSatisfying(
            Failure.class,
            failure -> assertThat(failure.kind()).isEqualTo(FailureKind.ALREADY_EXISTS));
  }
}
