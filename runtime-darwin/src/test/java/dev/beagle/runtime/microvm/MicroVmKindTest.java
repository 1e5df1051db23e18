package dev.beagle.runtime.microvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.failure.Failure;
import dev.beagle.host.LockHolder;
import dev.beagle.runtime.pod.SandboxId;
import dev.beagle.runtime.world.WorldRecord;
import dev.beagle.time.Time;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Machines that no process runs: what is left of them, and what is done with it. */
final class MicroVmKindTest {
  @TempDir private Path folder;
  private Path machines;
  private Path disks;
  private MicroVmKind kind;

  @BeforeEach
  void makeFolders() throws IOException {
    machines = Files.createDirectory(folder.resolve("vms"));
    disks = Files.createDirectory(folder.resolve("disks"));
    kind =
        new MicroVmKind(
            new MicroVmOptions(
                machines,
                disks,
                Optional.of(folder.resolve("guest")),
                folder.resolve("ports.sock"),
                Optional.empty(),
                List.of("/bin/sh", "-c", "echo no hypervisor here >&2; exit 3", "sh")),
            "",
            Time.system());
  }

  private WorldRecord dead(SandboxId id) throws IOException {
    WorldRecord record = kind.plan(id, "");
    Path own = Files.createDirectory(Path.of(record.folder()));
    Files.writeString(own.resolve("console.log"), "Kernel panic - not syncing: why\n");
    Files.writeString(own.resolve("console.log.1"), "before\n");
    Files.writeString(own.resolve("end"), "RESET\nthe guest asked for a restart");
    Files.createFile(disk(id));
    return record;
  }

  private Path disk(SandboxId id) {
    return disks.resolve(id.shortForm() + ".img");
  }

  @Test
  void whatEndedAMachineIsRead() throws IOException {
    assertThat(kind.endReason(dead(SandboxId.random())))
        .isEqualTo(
            "the sandbox's machine ended: the guest asked for a restart; its console ends with:"
                + " Kernel panic - not syncing: why");
  }

  @Test
  void aMachineWhoseEndCannotBeReadHasEndedAllTheSame() throws IOException {
    WorldRecord record = dead(SandboxId.random());
    Files.writeString(Path.of(record.folder()).resolve("end"), "");
    assertThat(kind.endReason(record)).contains("does not tell how a machine ended");
  }

  /** A full queue, no descriptor left: a daemon that cannot reach a machine knows nothing of it. */
  @Test
  void onlyAMachineWhoseProcessIsDeadIsGone() throws IOException {
    WorldRecord record = dead(SandboxId.random());
    assertThat(kind.adopt(record)).isEmpty();

    Path lock = Path.of(record.folder()).resolve("lock");
    LockHolder self = LockHolder.self();
    hold(lock, self);
    assertThatThrownBy(() -> kind.adopt(record))
        .isInstanceOf(Failure.class)
        .hasMessageStartingWith("no machine answers in " + record.folder());

    hold(lock, new LockHolder(self.pid(), self.started() + 1));
    assertThat(kind.adopt(record)).isEmpty();

    Files.delete(lock);
    Files.createDirectory(lock);
    assertThatThrownBy(() -> kind.adopt(record))
        .isInstanceOf(Failure.class)
        .hasMessageContaining("cannot read " + lock);
  }

  private static void hold(Path lock, LockHolder holder) throws IOException {
    try (FileChannel file =
        FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      holder.write(file);
    }
  }

  @Test
  void ofADiscardedMachineTheConsoleStaysUntilItIsForgotten() throws IOException {
    SandboxId id = SandboxId.random();
    WorldRecord record = dead(id);
    kind.discard(record, List.of());
    kind.discard(record, List.of());
    assertThat(disk(id)).doesNotExist();
    assertThat(Path.of(record.folder()))
        .isDirectoryContaining("glob:**/console.log")
        .isDirectoryContaining("glob:**/console.log.1")
        .isDirectoryNotContaining("glob:**/end");
    kind.forget(record);
    kind.forget(record);
    assertThat(machines).isEmptyDirectory();
  }

  @Test
  void whatNoRecordSpeaksOfIsSweptByItsFolderOrItsDisk() throws IOException {
    SandboxId known = SandboxId.random();
    WorldRecord kept = dead(known);
    dead(SandboxId.random());
    Files.createFile(disk(SandboxId.random()));
    kind.sweep(Set.of(known), Set.of());
    assertThat(machines).isDirectoryContaining(Path.of(kept.folder())::equals);
    assertThat(machines.toFile().list()).hasSize(1);
    assertThat(disks.toFile().list()).containsExactly(known.shortForm() + ".img");
  }

  @Test
  void aMachineThatDoesNotStartLeavesNothingAndSaysWhatItSaid() {
    WorldRecord plan = kind.plan(SandboxId.random(), "");
    assertThatThrownBy(() -> kind.open(plan))
        .isInstanceOf(Failure.class)
        .hasMessageContaining("does not start: no hypervisor here");
    assertThat(machines).isEmptyDirectory();
    assertThat(disks).isEmptyDirectory();
  }
}
