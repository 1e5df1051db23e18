package dev.beagle.guestimage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class GuestImageOptionsTest {
  private static GuestImageOptions parse(String... more) {
    List<String> arguments = new ArrayList<>(List.of("--output", "/o", "--cache", "/c"));
    arguments.addAll(List.of(more));
    return GuestImageOptions.parse(arguments);
  }

  @Test
  void defaultsAreWhatTheUsageSays() {
    GuestImageOptions options = parse();
    assertThat(options.output()).isEqualTo(Path.of("/o"));
    assertThat(options.cache()).isEqualTo(Path.of("/c"));
    assertThat(options.suite()).isEqualTo("trixie");
    assertThat(options.architecture()).isEqualTo(GuestArchitecture.ARM64);
    assertThat(options.scratchBytes()).isEqualTo(64L << 30);
    assertThat(options.archive()).isEmpty();
    assertThat(options.init()).isEmpty();
    assertThat(options.offline()).isFalse();
    assertThat(options.refresh()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--archive",
        "--offline",
        "--refresh",
        "--suite",
        "--architecture",
        "--init",
        "--scratch-size",
        "--mke2fs",
        "--output",
        "--cache"
      })
  void theUsageHasEveryOption(String option) {
    assertThat(GuestImageOptions.USAGE).contains(option + " ");
  }

  @Test
  void optionsAreTaken() {
    GuestImageOptions options =
        parse(
            "--archive",
            "https://mirror.example/debian",
            "--offline",
            "--refresh",
            "--suite",
            "sid",
            "--init",
            "/i",
            "--scratch-size",
            "512M",
            "--mke2fs",
            "/m");
    assertThat(options.archive()).contains(URI.create("https://mirror.example/debian"));
    assertThat(options.offline()).isTrue();
    assertThat(options.refresh()).isTrue();
    assertThat(options.suite()).isEqualTo("sid");
    assertThat(options.init()).contains(Path.of("/i"));
    assertThat(options.scratchBytes()).isEqualTo(512L << 20);
    assertThat(options.mke2fs()).contains(Path.of("/m"));
  }

  @ParameterizedTest
  @CsvSource({
    "--nonsense, x, unknown option --nonsense",
    "--archive, file:///mirror, is no http or https URL",
    "--archive, 'http://a b', is no http or https URL",
    "--scratch-size, 64, is none: 64G",
    "--scratch-size, G, is none: 64G",
    "--scratch-size, 1M, is from 64M to 8T",
    "--scratch-size, 999999T, is from 64M to 8T",
    "--architecture, riscv64, only for arm64"
  })
  void wrongOnesAreNamed(String option, String value, String reason) {
    assertThatThrownBy(() -> parse(option, value))
        .isInstanceOfSatisfying(
            Failure.class,
            failure -> assertThat(failure.kind()).isEqualTo(FailureKind.INVALID_ARGUMENT))
        .hasMessageContaining(reason);
  }

  @Test
  void whatIsMissingIsNamed() {
    assertThatThrownBy(() -> GuestImageOptions.parse(List.of("--output", "/o")))
        .hasMessage("--cache FOLDER is missing");
    assertThatThrownBy(() -> parse("--suite")).hasMessage("--suite needs a value");
  }
}
