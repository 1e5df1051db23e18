package dev.beagle.node.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.host.HostPlatform;
import dev.beagle.node.config.Host;
import dev.beagle.node.config.NodeConfig.SandboxConfig;
import dev.beagle.node.doctor.CommandRunner.Outcome;
import dev.beagle.node.doctor.Finding.Verdict;
import dev.beagle.runtime.posix.Mounts.ErofsBacking;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DoctorTest {
  private static final String HYBRID =
      """
      31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
      33 31 0:30 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
      40 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd
      41 31 0:38 / /sys/fs/cgroup/unified rw,relatime shared:9 - cgroup2 cgroup2 rw
      """;

  @TempDir Path folder;
  private final Map<String, Outcome> programs = new HashMap<>();

  @BeforeEach
  void aHostThatHasAll() throws IOException {
    Files.createDirectories(folder.resolve("proc/self"));
    Files.createDirectories(folder.resolve("dev/net"));
    Files.createFile(folder.resolve("dev/net/tun"));
    Files.writeString(folder.resolve("proc/self/mountinfo"), HYBRID);
    Files.writeString(folder.resolve("proc/self/status"), "Name:\tx\nCapEff:\t000001ffffffffff\n");
    programs.put("uname", new Outcome(0, "Linux 6.12.2\n"));
    programs.put("crun", new Outcome(0, "crun version 1.8.1\ncommit: x\n"));
    programs.put("unshare", new Outcome(0, ""));
  }

  private record Found(List<Finding> findings) {
    private Finding the(String check) {
      return findings.stream()
          .filter(finding -> finding.check().equals(check))
          .findFirst()
          .orElseThrow(() -> new AssertionError("no finding " + check));
    }
  }

  private Found examine(String os, boolean root) {
    return examine(os, root, new SandboxConfig("", "crun", Optional.empty(), Optional.empty()));
  }

  private Found examine(String os, boolean root, SandboxConfig sandbox) {
    Host host =
        new Host(
            new HostPlatform(os, "amd64"),
            root ? "root" : "ann",
            root,
            folder,
            folder,
            folder,
            Path.of("/jdk"),
            Map.of());
    return new Found(
        new Doctor(
                host,
                folder.resolve("proc"),
                folder.resolve("dev"),
                command ->
                    programs.getOrDefault(
                        command.getFirst(), new Outcome(127, command.getFirst() + ": not found")),
                (_, _) -> ErofsBacking.LOOP,
                file -> file.endsWith("libhvsim.so") ? "" : "invalid ELF header")
            .examine(folder.resolve("root"), sandbox));
  }

  @Test
  void aHostThatHasAllRunsPods() {
    Found found = examine("Linux", true);

    assertThat(found.findings()).noneMatch(finding -> finding.verdict() == Verdict.MISSING);
    assertThat(found.the("EROFS").detail()).contains("by loop devices");
    assertThat(found.the("sandbox namespaces").detail()).isEqualTo("runs here");
  }

  @Test
  void withoutRootTheWayOutIsSudo() {
    Found found = examine("Linux", false);

    assertThat(found.the("user").verdict()).isEqualTo(Verdict.MISSING);
    assertThat(found.the("user").wayOut()).contains("sudo");
    assertThat(found.the("overlay").verdict()).isEqualTo(Verdict.NOTE);
    assertThat(found.the("sandbox namespaces").verdict()).isEqualTo(Verdict.MISSING);
    assertThat(found.the("sandbox namespaces").detail()).contains("user");
  }

  @Test
  void anOverlayThatDoesNotMountIsNamedWithItsReason() {
    programs.put("unshare", new Outcome(32, "mount: m: unknown filesystem type 'overlay'.\n"));

    Finding overlay = examine("Linux", true).the("overlay");

    assertThat(overlay.verdict()).isEqualTo(Verdict.MISSING);
    assertThat(overlay.detail()).contains("unknown filesystem type 'overlay'");
    assertThat(overlay.wayOut()).contains("modprobe overlay");
  }

  @Test
  void anOciRuntimeThatIsNotThereIsMissing() {
    programs.remove("crun");

    Finding runtime = examine("Linux", false).the("OCI runtime");

    assertThat(runtime.verdict()).isEqualTo(Verdict.MISSING);
    assertThat(runtime.wayOut()).contains("apt install crun");
  }

  @Test
  void rootWithoutTheCapabilityToMountIsNotEnough() throws IOException {
    Files.writeString(folder.resolve("proc/self/status"), "CapEff:\t00000000a80425fb\n");

    assertThat(examine("Linux", true).the("user").verdict()).isEqualTo(Verdict.MISSING);
  }

  @Test
  void aTunDeviceThatIsNotThereIsMissing() throws IOException {
    Files.delete(folder.resolve("dev/net/tun"));

    assertThat(examine("Linux", false).the("TUN").wayOut()).contains("modprobe tun");
  }

  @Test
  void aMacIsToldWhichKindIsMissing() {
    Found found = examine("Mac OS X", false);

    assertThat(found.the("sandbox hvf").verdict()).isEqualTo(Verdict.MISSING);
    assertThat(found.the("sandbox hvf").detail()).contains("simulated");
    assertThat(found.findings()).noneMatch(finding -> finding.check().equals("overlay"));
  }

  @Test
  void microVmsOnLinuxNeedWhatStandsInForTheFrameworkAndAGuest() throws IOException {
    Path library = Files.createFile(folder.resolve("libhvsim.so"));
    Path guest = Files.createDirectory(folder.resolve("guest"));

    assertThat(examine("Linux", true).the("sandbox hvf").verdict()).isEqualTo(Verdict.NOTE);
    assertThat(hvf("", folder.resolve("none"), guest).detail()).contains("no file");
    assertThat(hvf("", library, guest).detail()).contains("no guest image in");
    assertThat(hvf("hvf", library, guest).verdict()).isEqualTo(Verdict.MISSING);
    assertThat(hvf("hvf", library, guest).wayOut()).contains("namespaces");
    Files.writeString(guest.resolve("Image"), "kernel");
    assertThat(hvf("hvf", library, guest).detail()).contains("damaged: initramfs");
    Files.writeString(guest.resolve("initramfs"), "files");
    assertThat(hvf("hvf", library, guest).verdict()).isEqualTo(Verdict.OK);
    assertThat(hvf("hvf", library, guest).detail()).contains("emulated");
    Path other = Files.createFile(folder.resolve("other"));
    assertThat(hvf("hvf", other, guest).verdict()).isEqualTo(Verdict.MISSING);
    assertThat(hvf("hvf", other, guest).detail()).contains(other + " (", "invalid ELF header");
  }

  private Finding hvf(String defaultKind, Path library, Path guest) {
    return examine(
            "Linux",
            true,
            new SandboxConfig(defaultKind, "crun", Optional.of(guest), Optional.of(library)))
        .the("sandbox hvf");
  }

  @Test
  void cgroupLayoutsAreToldApart() {
    List<String> hybrid = HYBRID.lines().toList();
    assertThat(CgroupLayout.of(hybrid).name()).startsWith("hybrid");
    assertThat(CgroupLayout.of(hybrid).v1Controllers())
        .containsExactly("cpu", "cpuacct", "name=systemd");
    assertThat(CgroupLayout.of(hybrid.subList(3, 4)).name()).isEqualTo("v2");
    assertThat(CgroupLayout.of(hybrid.subList(0, 3)).name()).isEqualTo("v1");
    assertThat(CgroupLayout.of(List.of("garbage", "1 2 3 - x")).name()).isEqualTo("none");
  }

  @Test
  void theEmptyErofsIsOneBlockWithItsMagic() {
    byte[] image = EmptyErofs.image();

    assertThat(image).hasSize(4096);
    assertThat(image).startsWith(new byte[1024]);
    assertThat(image).contains(new byte[] {(byte) 0xe2, (byte) 0xe1, (byte) 0xf5, (byte) 0xe0});
  }
}
