package dev.beagle.runtime.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.failure.Failure;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class MachineSettingsTest {
  private static final MachineSettings SETTINGS =
      new MachineSettings(
          Path.of("/run/m"),
          "m",
          2,
          256L << 20,
          Path.of("/boot/Image"),
          Path.of("/boot/initramfs"),
          "console=hvc0 -- --name x",
          Optional.of(Path.of("/disks/m.img")),
          Optional.of(Path.of("/lib/hv.so")));

  private static MachineSettings parsed(List<String> arguments) {
    return MachineSettings.fromArguments(arguments.toArray(String[]::new));
  }

  private static void refuses(List<String> arguments, String why) {
    assertThatThrownBy(() -> parsed(arguments)).isInstanceOf(Failure.class).hasMessage(why);
  }

  @Test
  void argumentsCarryAllOfThem() {
    assertThat(parsed(SETTINGS.toArguments())).isEqualTo(SETTINGS);
    MachineSettings framework =
        new MachineSettings(
            SETTINGS.folder(),
            "",
            1,
            1,
            SETTINGS.kernel(),
            SETTINGS.initramfs(),
            "",
            Optional.empty(),
            Optional.empty());
    assertThat(parsed(framework.toArguments())).isEqualTo(framework);
  }

  @Test
  void whatIsWrongIsNamed() {
    List<String> arguments = SETTINGS.toArguments();
    refuses(arguments.subList(2, arguments.size()), "option --folder is missing");
    refuses(arguments.subList(0, 3), "argument --name: an option with a value");
    List<String> more = new ArrayList<>(arguments);
    more.addAll(List.of("--colour", "blue"));
    refuses(more, "unknown options [colour]");
    List<String> words = new ArrayList<>(arguments);
    words.set(arguments.indexOf("--vcpus") + 1, "two");
    refuses(words, "no number: For input string: \"two\"");
  }
}
