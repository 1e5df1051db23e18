package dev.beagle.runtime.namespaces;

import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.runtime.pod.SandboxId;
import dev.beagle.runtime.world.WorldRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CgroupIndexTest {
  @TempDir Path folder;

  @Test
  void parentsAreFoundUntilTheirSandboxIsGone() throws IOException {
    CgroupIndex index = new CgroupIndex(folder.resolve("cgroups"));
    SandboxId first = SandboxId.random();
    SandboxId second = SandboxId.random();
    index.enter(new WorldRecord(first, "/run/a", "/kubepods/pod1", false));
    index.complete(new WorldRecord(second, "/run/b", "/kubepods/pod2", false));
    // As a crash leaves it.
    Files.writeString(folder.resolve("cgroups/x.new"), "/kubepods/pod3");
    Files.createFile(folder.resolve("cgroups/empty"));
    Files.write(folder.resolve("cgroups/torn"), new byte[] {(byte) 0xff, (byte) 0xfe, 0});
    Files.createDirectory(folder.resolve("cgroups/folder"));
    Files.writeString(folder.resolve("cgroups/wild"), "/kubepods/../..");

    CgroupIndex next = new CgroupIndex(folder.resolve("cgroups"));
    assertThat(next.parents())
        .hasSize(2)
        .containsEntry(first.value(), "/kubepods/pod1")
        .containsEntry(second.value(), "/kubepods/pod2");
    next.remove(first);
    next.remove(second.value());
    assertThat(folder.resolve("cgroups")).isEmptyDirectory();
  }
}
