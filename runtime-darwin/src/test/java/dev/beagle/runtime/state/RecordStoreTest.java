package dev.beagle.runtime.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
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
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "\0\0\0\0",
        "{\"version\":1,",
        "null",
        "[]",
        "{}",
        "{\"version\":0}",
        "{\"version\":1,\"id\":7}",
        "{\"version\":1,\"id\":\"../../etc/passwd\"}",
        "{\"version\":1,\"id\":"
            + "\"0123456789ab0000000000000000000000000000000000000000000000000000\"}"
      })
  void aDamagedRecordIsSetAsideAndHidesNoOther(String content) throws IOException {
    RecordStore store = new RecordStore(folder);
    SandboxId good = SandboxId.random();
    store.write(sandbox(good, new SandboxState.NotReady("stopped")));
    Path broken = Files.createDirectory(folder.resolve("0123456789ab"));
    Files.writeString(broken.resolve("sandbox.json"), content);

    RecordStore.Loaded loaded = store.load();
    assertThat(loaded.sandboxes())
        .extracting(stored -> stored.sandbox().id())
        .containsExactly(good);
    assertThat(loaded.complete()).isTrue();
    assertThat(broken.resolve("sandbox.json")).doesNotExist();
    assertThat(broken.resolve("sandbox.json.damaged")).hasContent(content);
    assertThat(store.damaged()).containsExactly(broken.resolve("sandbox.json.damaged"));
    assertThat(store.isEmpty()).isFalse();
    assertThat(broken.resolve("sandbox.json.damaged")).exists();

    assertThat(store.load().complete()).isTrue();
    assertThat(broken).doesNotExist();
  }

  @Test
  void aDamagedRecordOfAContainerCostsThatContainerOnly() throws Exception {
    copyVersionOne();
    Path record = folder.resolve("555555555555").resolve("c-" + "2".repeat(64) + ".json");
    Files.writeString(record, "");

    RecordStore.Loaded loaded = new RecordStore(folder).load();

    assertThat(loaded.complete()).isTrue();
    assertThat(loaded.sandboxes().getFirst().containers()).hasSize(2);
    assertThat(record).doesNotExist();
    Path aside = record.resolveSibling(record.getFileName() + ".damaged");
    assertThat(aside).isEmptyFile();

    RecordStore next = new RecordStore(folder);
    assertThat(next.load().sandboxes().getFirst().containers()).hasSize(2);
    assertThat(aside).doesNotExist();
    assertThat(next.damaged()).isEmpty();
  }

  @Test
  void aRecordInAnotherOnesPlaceIsDamaged() throws Exception {
    copyVersionOne();
    Path wrong = Files.createDirectory(folder.resolve("666666666666"));
    Files.copy(folder.resolve("555555555555/sandbox.json"), wrong.resolve("sandbox.json"));
    Path container = folder.resolve("555555555555").resolve("c-" + "2".repeat(64) + ".json");
    Path other = container.resolveSibling("c-" + "9".repeat(64) + ".json");
    Files.copy(container, other);

    RecordStore.Loaded loaded = new RecordStore(folder).load();

    assertThat(loaded.complete()).isTrue();
    assertThat(loaded.sandboxes()).hasSize(1);
    assertThat(loaded.sandboxes().getFirst().containers()).hasSize(3);
    assertThat(wrong.resolve("sandbox.json")).doesNotExist();
    assertThat(other).doesNotExist();
  }

  @Test
  void onlyAFullDiskIsExhausted() throws IOException {
    RecordStore store = new RecordStore(folder);
    SandboxId id = SandboxId.random();
    Path aside =
        Files.createDirectories(folder.resolve(id.shortForm()).resolve("sandbox.json.new"));
    Files.createFile(aside.resolve("in the way"));

    assertThatThrownBy(() -> store.write(sandbox(id, new SandboxState.Starting())))
        .isInstanceOfSatisfying(
            Failure.class, f -> assertThat(f.kind()).isEqualTo(FailureKind.INTERNAL))
        .hasMessageContaining("Is a directory");
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
    assertThat(store.isEmpty()).isTrue();
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

  /** Recorded by version 1: a later build has to go on reading these files as they are. */
  @Test
  void recordsOfVersionOneAreRead() throws Exception {
    copyVersionOne();

    RecordStore.Loaded loaded = new RecordStore(folder).load();

    assertThat(loaded.complete()).isTrue();
    RecordStore.Stored stored = loaded.sandboxes().getFirst();
    SandboxId id = new SandboxId("5".repeat(64));
    assertThat(stored.sandbox())
        .isEqualTo(
            new SandboxRecord(
                1,
                "2f1c8a52-5f4e-4a0e-9c37-1f8a3a6f2b10",
                id,
                "namespaces",
                Specs.loggingSandbox("web", "/var/log/pods/web"),
                NOW,
                new SandboxState.Ready(List.of(InetAddress.getByName("10.88.0.7"))),
                new WorldRecord(
                    id, "/run/beagle/sandboxes/555555555555", "/kubepods/pod1", false)));
    assertThat(stored.containers())
        .extracting(ContainerRecord::phase)
        .containsExactly(Phase.CREATING, Phase.KEPT, Phase.KEPT);
    assertThat(stored.containers())
        .extracting(ContainerRecord::state)
        .containsExactly(
            new ContainerState.Created(),
            new ContainerState.Running(NOW, 77),
            new ContainerState.Exited(
                Optional.of(NOW), NOW.plusSeconds(1), new ExitStatus(137, true), "OOMKilled", ""));
    assertThat(stored.containers().getFirst().process().additionalGroups()).containsExactly(1000L);
  }

  @ParameterizedTest
  @ValueSource(strings = {"sandbox.json", "c-%s.json"})
  void aRecordOfANewerVersionIsLeftAlone(String name) throws Exception {
    copyVersionOne();
    Path record = folder.resolve("555555555555").resolve(name.formatted("2".repeat(64)));
    String newer =
        Files.readString(record).replace("\"version\": 1,", "\"version\": 2, \"new\": {},");
    Files.writeString(record, newer);

    RecordStore.Loaded loaded = new RecordStore(folder).load();

    assertThat(loaded.complete()).isFalse();
    assertThat(record).hasContent(newer);
  }

  @Test
  void membersThatAreNotKnownAreSkipped() throws Exception {
    copyVersionOne();
    Path record = folder.resolve("555555555555/sandbox.json");
    Files.writeString(
        record,
        Files.readString(record)
            .replace("\"version\": 1,", "\"version\": 1, \"of a later build\": [1],"));
    assertThat(new RecordStore(folder).load().sandboxes()).hasSize(1);
  }

  private void copyVersionOne() throws Exception {
    Path recorded = Path.of(Objects.requireNonNull(getClass().getResource("version-1")).toURI());
    Path target = Files.createDirectory(folder.resolve("555555555555"));
    try (Stream<Path> files = Files.list(recorded.resolve("555555555555"))) {
      for (Path file : files.toList()) {
        Files.copy(file, target.resolve(file.getFileName().toString()));
      }
    }
  }
}
