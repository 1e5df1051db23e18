package dev.beagle.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.runtime.launch.MachineLauncher;
import dev.beagle.runtime.microvm.MicroVmKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** An AOT cache serves the process that runs with the flags it was trained with. */
final class LauncherFlagsTest {
  private static final Pattern MACHINE_FLAGS =
      Pattern.compile("^machine_flags=\"(.*)\"$", Pattern.MULTILINE);

  @Test
  void machinesAreTrainedWithTheFlagsThatTheyAreStartedWith() throws IOException {
    Matcher trained =
        MACHINE_FLAGS.matcher(Files.readString(SourceTree.repository().resolve("beagle")));
    assertThat(trained.find()).isTrue();

    List<String> started = MachineLauncher.command(Path.of("/java"), "/jar", Optional.empty());

    assertThat(trained.group(1).split(" "))
        .containsExactlyElementsOf(started.subList(1, started.size() - 3));
  }

  @Test
  void machinesAreTrainedWithTheKernelsCommandLineThatTheyBootWith() throws IOException {
    assertThat(Files.readString(SourceTree.repository().resolve("beagle")))
        .contains("--command-line \"" + MicroVmKind.COMMAND_LINE + "\"");
  }
}
