package dev.beagle.runtime.oci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.failure.Failure;
import dev.beagle.runtime.pod.ContainerSpec;
import dev.beagle.runtime.pod.Identity;
import dev.beagle.runtime.pod.ResolvedProcess;
import dev.beagle.runtime.pod.RootFilesystem.ImageDefaults;
import dev.beagle.runtime.pod.SecuritySpec;
import dev.beagle.runtime.testing.FixedImage;
import dev.beagle.runtime.testing.Specs;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class ProcessResolutionTest {
  private static final Map<String, String> USERS =
      Map.of(
          "/etc/passwd",
          "root:x:0:0::/root:/bin/sh\nweb:x:33:33::/:/bin/false\nbroken line\n",
          "/etc/group",
          "root:x:0:\nweb:x:33:\nlogs:x:50000:web,other\nstaff:x:50:web\n");

  private static ImageDefaults image(String user) {
    return new ImageDefaults(
        List.of("/entry"),
        List.of("default"),
        List.of("A=image", "B=image"),
        "/srv",
        user,
        "QUIT",
        List.of());
  }

  private static ResolvedProcess resolve(ContainerSpec spec, String imageUser) {
    return ProcessResolution.resolve(
        spec, new FixedImage(USERS, image(imageUser)).open(spec.imageId()), "host");
  }

  private static SecuritySpec as(Identity user, OptionalLong group, boolean strict) {
    SecuritySpec plain = Specs.security();
    return new SecuritySpec(
        plain.privileged(),
        plain.readOnlyRoot(),
        plain.noNewPrivileges(),
        user,
        group,
        List.of(1234L),
        strict,
        List.of(),
        List.of(),
        plain.seccomp(),
        List.of(),
        List.of(),
        plain.pid(),
        "");
  }

  @Test
  void theImageFillsWhatTheClientLeftOpen() {
    ResolvedProcess process = resolve(Specs.container("c"), "");
    assertThat(process.args()).containsExactly("/entry", "default");
    assertThat(process.environment())
        .contains("A=image", "HOSTNAME=host")
        .anyMatch(variable -> variable.startsWith("PATH=/usr/local/sbin:"));
    assertThat(process.workingDirectory()).isEqualTo("/srv");
    assertThat(process.uid()).isZero();
    assertThat(process.stopSignal()).isEqualTo(3);
  }

  @Test
  void aCommandReplacesEntrypointAndCommandOfTheImage() {
    assertThat(resolve(Specs.container("c", "ls", "-l"), "").args()).containsExactly("ls", "-l");
  }

  @Test
  void aUserOfTheImageBringsItsGroups() {
    ResolvedProcess process = resolve(Specs.container("c"), "web");
    assertThat(process.uid()).isEqualTo(33);
    assertThat(process.gid()).isEqualTo(33);
    assertThat(process.additionalGroups()).containsExactly(33L, 50L, 50000L);
  }

  @Test
  void aGroupOfTheImageIsTakenByName() {
    assertThat(resolve(Specs.container("c"), "1000:logs").gid()).isEqualTo(50000);
  }

  @Test
  void strictGroupsIgnoreTheImagesGroupFile() {
    ResolvedProcess process =
        resolve(
            Specs.container(
                "c", as(new Identity.Named("web"), OptionalLong.of(7), true), List.of()),
            "");
    assertThat(process.additionalGroups()).containsExactly(7L, 1234L);
  }

  @Test
  void aNumberIsNeverAUserNameOfTheImage() {
    Map<String, String> hostile =
        Map.of("/etc/passwd", "1000:x:0:0::/:/bin/sh\n", "/etc/group", "2000:x:0:\n");
    ContainerSpec spec =
        Specs.container(
            "c", as(new Identity.Numbered(1000), OptionalLong.of(2000), false), List.of());
    ResolvedProcess process =
        ProcessResolution.resolve(
            spec, new FixedImage(hostile, image("1000:2000")).open(spec.imageId()), "h");
    assertThat(process.uid()).isEqualTo(1000);
    assertThat(process.gid()).isEqualTo(2000);

    ContainerSpec byImage = Specs.container("c");
    ResolvedProcess asImageSays =
        ProcessResolution.resolve(
            byImage, new FixedImage(hostile, image("1000:2000")).open(spec.imageId()), "h");
    assertThat(asImageSays.uid()).isEqualTo(1000);
    assertThat(asImageSays.gid()).isEqualTo(2000);
  }

  @Test
  void anUnknownUserNameIsRefused() {
    assertThatThrownBy(() -> resolve(Specs.container("c"), "nobody-here"))
        .isInstanceOf(Failure.class)
        .hasMessageContaining("nobody-here")
        .hasMessageContaining("/etc/passwd");
  }

  @Test
  void noCommandAnywhereIsRefused() {
    ImageDefaults empty =
        new ImageDefaults(List.of(""), List.of(), List.of(), "", "", "", List.of());
    ContainerSpec spec = Specs.container("c");
    assertThatThrownBy(() ->
            ProcessResolution.resolve(
                spec, new FixedImage(Map.of(), empty).open(spec.imageId()), "h"))
        .isInstanceOf(Failure.class)
        .hasMessageContaining("no command specified");
  }
}
