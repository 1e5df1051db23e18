package dev.beagle.runtime.namespaces;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.failure.Failure;
import dev.beagle.testing.ManualTime;
import dev.beagle.time.Time;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CgroupsTest {
  private static final String V1 = "30 25 0:26 / %s rw,relatime shared:9 - cgroup cgroup rw,%s";
  private static final String V2 = "31 25 0:27 / %s rw shared:10 - cgroup2 cgroup2 rw";

  @TempDir Path folder;

  private static Cgroups of(String... lines) {
    return Cgroups.parse(List.of(lines), new ManualTime());
  }

  @Test
  void layoutsAreToldApart() {
    assertThat(of(V2.formatted("/sys/fs/cgroup")).layout()).isEqualTo("v2");
    assertThat(of(V1.formatted("/sys/fs/cgroup/cpu", "cpu")).layout()).isEqualTo("v1");
    assertThat(of(V1.formatted("/c/cpu", "cpu"), V2.formatted("/c/unified")).layout())
        .isEqualTo("hybrid");
    assertThat(of("1 1 0:1 / / rw - ext4 /dev/vda rw").layout()).isEqualTo("none");
  }

  @Test
  void anAgentJoinsOnlyTheControllersThatCountIt() throws Exception {
    Path memory = Files.createDirectory(folder.resolve("memory"));
    Path cpuset = Files.createDirectory(folder.resolve("cpuset"));
    Cgroups cgroups = of(V1.formatted(memory, "memory"), V1.formatted(cpuset, "cpuset"));
    assertThat(cgroups.createForAgent("/beagle/a/b")).containsExactly(memory.resolve("beagle/a/b"));
    assertThat(cpuset).isEmptyDirectory();
    assertThat(cgroups.children("/beagle")).containsExactly("a");
  }

  @Test
  void theUnifiedHierarchyCountsOnlyWhereItIsTheOnlyOne() throws Exception {
    Path memory = Files.createDirectory(folder.resolve("memory"));
    Path unified = Files.createDirectory(folder.resolve("unified"));

    assertThat(of(V1.formatted(memory, "memory"), V2.formatted(unified)).createForAgent("/beagle"))
        .containsExactly(memory.resolve("beagle"));
    assertThat(of(V2.formatted(unified)).createForAgent("/beagle"))
        .containsExactly(unified.resolve("beagle"));
  }

  @Test
  void treesWithoutAProcessAreSwept() throws Exception {
    Path memory = Files.createDirectory(folder.resolve("memory"));
    Path unified = Files.createDirectory(folder.resolve("unified"));
    // As a killed node leaves them: the agent of its host interface has two levels of its own.
    Files.createDirectories(memory.resolve("beagle/killed/000/000"));
    Files.createDirectories(unified.resolve("beagle/killed"));
    Path inAnotherNamespace = Files.createDirectories(memory.resolve("beagle/lives/sandbox"));
    Files.writeString(inAnotherNamespace.resolve("cgroup.procs"), "0\n");
    Files.createDirectories(unified.resolve("beagle/lives/sandbox/inner"));
    Files.createDirectories(memory.resolve("others/empty"));
    Cgroups cgroups = of(V1.formatted(memory, "memory"), V2.formatted(unified));

    cgroups.removeAbandoned("/beagle");

    assertThat(cgroups.children("/beagle")).containsExactly("lives");
    assertThat(unified.resolve("beagle/lives/sandbox/inner")).exists();
    assertThat(cgroups.children("/others")).containsExactly("empty");
  }

  /** It is between its cgroup's creation and its agent's joining it. */
  @Test
  void theTreeOfANodeThatIsJustStartingStays() throws Exception {
    Path memory = Files.createDirectory(folder.resolve("memory"));
    Path starting = Files.createDirectories(memory.resolve("beagle/starts/sandbox"));
    Files.createDirectories(memory.resolve("beagle/killed/sandbox"));
    Time joining =
        new Time() {
          private final ManualTime time = new ManualTime();

          @Override
          public Instant now() {
            return time.now();
          }

          @Override
          public long nanos() {
            return time.nanos();
          }

          @Override
          public void sleep(Duration duration) throws InterruptedException {
            time.sleep(duration);
            assertThatCode(() -> Files.writeString(starting.resolve("cgroup.procs"), "7\n"))
                .doesNotThrowAnyException();
          }
        };
    Cgroups cgroups = Cgroups.parse(List.of(V1.formatted(memory, "memory")), joining);

    cgroups.removeAbandoned("/beagle");

    assertThat(cgroups.children("/beagle")).containsExactly("starts");
  }

  @Test
  void pathsThatLeadElsewhereAreRefused() {
    Cgroups cgroups = of(V2.formatted(folder));
    for (String path : List.of("/", "a/b", "/../x", "/a/../..", "")) {
      assertThatThrownBy(() -> cgroups.killAndRemove(List.of(path)))
          .as(path)
          .isInstanceOf(Failure.class);
    }
  }
}
