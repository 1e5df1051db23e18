package dev.beagle.runtime.state;

import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.runtime.pod.ContainerId;
import dev.beagle.runtime.pod.ContainerState;
import dev.beagle.runtime.pod.ResolvedProcess;
import dev.beagle.runtime.pod.SandboxId;
import dev.beagle.runtime.pod.SandboxState;
import dev.beagle.runtime.state.ContainerRecord.Phase;
import dev.beagle.runtime.stdio.ExitStatus;
import dev.beagle.runtime.testing.Specs;
import dev.beagle.runtime.world.WorldRecord;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecordStoreTest {
  private static final Instant NOW = Instant.parse("2026-01-02T03:04:05.123456789Z");

  @TempDir Path folder;

  private static SandboxRecord sandbox(SandboxId id, SandboxState state) {
    return new SandboxRecord(
        SandboxRecord.VERSION,
        "boot",
        id,
        "namespaces",
        Specs.sandbox("p"),
        NOW,
        state,
        new WorldRecord(id, "/run/x", "/beagle/" + id, true));
  }

  private static ContainerRecord container(SandboxId sandbox, ContainerState state) {
    return new ContainerRecord(
        ContainerRecord.VERSION,
        ContainerId.random(),
        sandbox,
        Phase.KEPT,
        Specs.container("c", "sh"),
        new ResolvedProcess(List.of("sh"), List.of("A=b"), "/", 0, 0, List.of(0L), 15),
        NOW,
        state,
        "/var/log/c.log",
        List.of("sha256:" + "1".repeat(64)),
        List.of("upper-1"));
  }

  @Test
  void everyStateComesBackAsItWasWritten() throws IOException {
    RecordStore store = new RecordStore(folder);
    SandboxId id = SandboxId.random();
    SandboxRecord record =
        sandbox(id, new SandboxState.Ready(List.of(InetAddress.getByName("10.88.0.7"))));
    store.write(record);
    List<ContainerRecord> containers =
        List.of(
            container(id, new ContainerState.Created()),
            container(id, new ContainerState.Running(NOW, 77)),
            container(
                id,
                new ContainerState.Exited(
                    Optional.of(NOW), NOW, new ExitStatus(137, true), "OOMKilled", "")),
            container(
                id,
                new ContainerState.Exited(
                    Optional.empty(), NOW, new ExitStatus(128, false), "StartError", "no x")));
    containers.forEach(store::write);

    List<RecordStore.Stored> loaded = new RecordStore(folder).load().sandboxes();

    assertThat(loaded).hasSize(1);
    assertThat(loaded.getFirst().sandbox()).isEqualTo(record);
    assertThat(loaded.getFirst().containers()).containsExactlyInAnyOrderElementsOf(containers);
  }

  @Test
  void aRecordThatCannotBeReadHidesNoOther() throws IOException {
    RecordStore store = new RecordStore(folder);
    SandboxId good = SandboxId.random();
    store.write(sandbox(good, new SandboxState.NotReady("stopped")));
    Path broken = Files.createDirectory(folder.resolve("0123456789ab"));
    Files.writeString(broken.resolve("sandbox.json"), "{\"version\":1,");

    RecordStore.Loaded loaded = store.load();
    assertThat(loaded.sandboxes())
        .extracting(stored -> stored.sandbox().id())
        .containsExactly(good);
    assertThat(loaded.complete()).isFalse();
  }

  @Test
  void aDeletedSandboxLeavesNoFolder() throws IOException {
    RecordStore store = new RecordStore(folder);
    SandboxId id = SandboxId.random();
    store.write(sandbox(id, new SandboxState.Starting()));
    store.write(container(id, new ContainerState.Created()));
    Files.writeString(folder.resolve(id.shortForm()).resolve("agent.log"), "x");
    store.delete(id);
    store.delete(id);
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void whatACrashLeftWithoutARecordIsDeletedButNotTheNodesOwnFolder() throws IOException {
    Path left = Files.createDirectory(folder.resolve(SandboxId.random().shortForm()));
    Path nodes = Files.createDirectory(folder.resolve(SandboxId.NODE.shortForm()));
    Files.createFile(left.resolve("agent.log"));
    Files.createFile(nodes.resolve("agent.sock"));

    assertThat(new RecordStore(folder).load().sandboxes()).isEmpty();

    assertThat(left).doesNotExist();
    assertThat(nodes.resolve("agent.sock")).exists();
  }
}
