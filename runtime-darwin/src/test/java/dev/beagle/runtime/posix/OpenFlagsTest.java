package dev.beagle.runtime.posix;

import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.host.HostPlatform;
import org.junit.jupiter.api.Test;

final class OpenFlagsTest {
  private static OpenFlags of(String system, String architecture) {
    return OpenFlags.of(new HostPlatform(system, architecture));
  }

  @Test
  void linuxHasItsNumbersByProcessor() {
    OpenFlags amd64 = of("Linux", "amd64");
    assertThat(amd64.directory()).isEqualTo(0200000);
    assertThat(amd64.noFollow()).isEqualTo(0400000);
    assertThat(amd64.closeOnExec()).isEqualTo(02000000);
    assertThat(amd64.nonBlocking()).isEqualTo(04000);
    assertThat(amd64.create()).isEqualTo(0100);
    assertThat(amd64.append()).isEqualTo(02000);
    OpenFlags arm64 = of("Linux", "aarch64");
    assertThat(arm64.directory()).isEqualTo(040000);
    assertThat(arm64.noFollow()).isEqualTo(0100000);
    assertThat(arm64.closeOnExec()).isEqualTo(amd64.closeOnExec());
  }

  /** Linux's O_APPEND is O_TRUNC on a Mac, its O_NONBLOCK O_EXCL. */
  @Test
  void macOsHasOtherOnes() {
    assertThat(of("Mac OS X", "aarch64"))
        .isEqualTo(new OpenFlags(0, 1, 2, 0x200, 0x8, 0x4, 0x1000000, 0x100, 0x100000));
  }
}
