package dev.beagle.guestimage.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.failure.Failure;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

final class PackageIndexTest {
  private static String entry(String name, String version, String more) {
    return """
    Package: %s
    Version: %s
    Architecture: arm64
    Description: a package
     of several lines
    Filename: pool/main/x/%s_1.deb
    Size: 12
    SHA256: %s
    %s
    """
        .formatted(name, version, name, "ab".repeat(32), more);
  }

  private static PackageIndex parse(String... entries) throws IOException {
    byte[] text = String.join("\n", entries).getBytes(StandardCharsets.UTF_8);
    return PackageIndex.parse(new ByteArrayInputStream(text));
  }

  @Test
  void aPackageHasWhatTheIndexSays() throws IOException {
    PackageEntry crun =
        parse(entry("crun", "1.21-1", "Pre-Depends: p\nDepends: libc6 (>= 2.38), a | b:any, c [x]"))
            .require("crun");
    assertThat(crun).hasToString("crun 1.21-1");
    assertThat(crun.path()).isEqualTo("pool/main/x/crun_1.deb");
    assertThat(crun.sizeBytes()).isEqualTo(12);
    assertThat(crun.dependencies().stream().map(each -> String.join("|", each)))
        .containsExactly("p", "libc6", "a|b", "c");
  }

  @Test
  void theNewestVersionCounts() throws IOException {
    PackageIndex index =
        parse(entry("a", "1.10", ""), entry("a", "1.9", ""), entry("a", "1.2", ""));
    assertThat(index.require("a").version().text()).isEqualTo("1.10");
    assertThat(index.size()).isEqualTo(1);
  }

  @Test
  void theNewestKernelIsFoundByVersionAndNotByName() throws IOException {
    PackageIndex index =
        parse(
            entry("linux-image-6.12.94+deb13-cloud-arm64", "6.12.94-1", ""),
            entry("linux-image-6.12.107+deb13-cloud-arm64", "6.12.107-1", ""),
            entry("linux-image-6.12.107+deb13-cloud-arm64-unsigned", "6.12.107-1", ""),
            entry("linux-image-6.12.107+deb13-arm64", "6.12.107-1", ""));
    Pattern kernels = Pattern.compile("linux-image-6\\.12\\.[^-]*-cloud-arm64");
    assertThat(index.newest(kernels).map(PackageEntry::name))
        .contains("linux-image-6.12.107+deb13-cloud-arm64");
    assertThat(index.newest(Pattern.compile("none"))).isEmpty();
  }

  @Test
  void dependenciesAreTheFirstThatThereIs() throws IOException {
    PackageIndex index =
        parse(
            entry("a", "1", "Depends: gone, x | y, virtual"),
            entry("y", "1", ""),
            entry("z", "1", "Provides: other, virtual (= 2)"));
    assertThat(index.dependencies(index.require("a")).stream().map(PackageEntry::name))
        .containsExactly("y", "z");
  }

  @Test
  void aPackageThatIsNotThereIsSaid() {
    assertThatThrownBy(() -> parse("").require("crun")).hasMessage("package crun not found");
  }

  @Test
  void entriesOfStrangersAreRefused() {
    String good = entry("crun", "1", "");
    for (String[] change :
        new String[][] {
          {"Filename: pool/main/x/crun_1.deb", "Filename: ../../etc/passwd"},
          {"Filename: pool/main/x/crun_1.deb", "Filename: /etc/passwd"},
          {"Filename: pool/main/x/crun_1.deb", "Filename: http://x/y z"},
          {"Filename: pool/main/x/crun_1.deb", "X: y"},
          {"Size: 12", "Size: -1"},
          {"Size: 12", "Size: 99999999999999999999"},
          {"SHA256: ab", "SHA256: zz"},
          {"Package: crun", "Package: ../x"},
          {"Version: 1", "Version: 1 2"},
        }) {
      assertThatThrownBy(() -> parse(good.replace(change[0], change[1])))
          .as(change[1])
          .isInstanceOf(Failure.class);
    }
  }
}
