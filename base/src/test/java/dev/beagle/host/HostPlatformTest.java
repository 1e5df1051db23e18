package dev.beagle.host;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class HostPlatformTest {
  @ParameterizedTest
  @CsvSource({
    "Linux,amd64,amd64,true,false",
    "Linux,aarch64,arm64,true,false",
    "Mac OS X,aarch64,arm64,false,true",
    "Mac OS X,x86_64,amd64,false,true",
    "FreeBSD,riscv64,riscv64,false,false"
  })
  void javasNamesBecomeOcis(String system, String javas, String ocis, boolean linux, boolean mac) {
    HostPlatform platform = new HostPlatform(system, javas);

    assertThat(platform.architecture()).isEqualTo(ocis);
    assertThat(platform.linux()).isEqualTo(linux);
    assertThat(platform.mac()).isEqualTo(mac);
  }

  @Test
  void thisComputerIsOneThatBeagleIsBuiltOn() {
    HostPlatform here = HostPlatform.current();

    assertThat(here.linux() || here.mac()).isTrue();
    assertThat(here.architecture()).isIn("amd64", "arm64");
  }
}
