package dev.beagle.runtime.microvm;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.runtime.guest.GuestAgent;
import dev.beagle.runtime.guest.LogHandover;
import dev.beagle.runtime.guest.wire.AddFolder;
import dev.beagle.runtime.guest.wire.RemoveFolder;
import dev.beagle.runtime.guest.wire.Request;
import dev.beagle.runtime.launch.MachineEnd;
import dev.beagle.runtime.launch.MachineProcess;
import dev.beagle.runtime.pod.PodNetwork;
import dev.beagle.runtime.world.World;
import dev.beagle.runtime.world.WorldFolder;
import dev.beagle.runtime.world.WorldRecord;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A machine with its agent; folders reach it as entries of its export. */
final class MicroVmWorld implements World {
  private static final Duration CALL_LIMIT = Duration.ofSeconds(30);
  private static final Duration END_LIMIT = Duration.ofSeconds(2);

  private final WorldRecord record;
  private final MachineProcess machine;
  private final GuestAgent agent;
  private final Path portSocket;
  private final Set<String> present = new HashSet<>();

  MicroVmWorld(WorldRecord record, MachineProcess machine, GuestAgent agent, Path portSocket) {
    this.record = record;
    this.machine = machine;
    this.agent = agent;
    this.portSocket = portSocket;
  }

  /** An adopted machine has these already. */
  MicroVmWorld with(List<String> folders) {
    synchronized (this) {
      present.addAll(folders);
    }
    return this;
  }

  @Override
  public GuestAgent agent() {
    return agent;
  }

  @Override
  public void join(PodNetwork network) {
    machine.join(portSocket, network.portName(), network.token());
  }

  @Override
  public synchronized void addFolders(List<WorldFolder> folders) {
    for (WorldFolder folder : folders) {
      if (!present.contains(folder.name())) {
        agent.call(Request.newBuilder().setAddFolder(request(folder)), CALL_LIMIT);
        present.add(folder.name());
      }
    }
  }

  private AddFolder.Builder request(WorldFolder folder) {
    AddFolder.Builder request = AddFolder.newBuilder().setName(folder.name());
    return switch (folder) {
      case WorldFolder.Layer(String name, _, Path image) -> {
        machine.export(name, image, true);
        yield request.setExportEntry(name).setLayer(true).setReadOnly(true);
      }
      case WorldFolder.Written _ -> request.setScratch(true);
      case WorldFolder.Host(String name, Path path, WorldFolder.Access access) -> {
        machine.export(name, path, false);
        yield request.setExportEntry(name).setReadOnly(access == WorldFolder.Access.READ_ONLY);
      }
    };
  }

  @Override
  public synchronized void removeFolders(List<String> names) {
    for (String name : names) {
      if (present.contains(name)) {
        removeFolder(name);
        machine.unexport(name);
        present.remove(name);
      }
    }
  }

  /** Forgotten only once it is gone: after a failure the next call tries again. */
  private void removeFolder(String name) {
    try {
      agent.call(
          Request.newBuilder().setRemoveFolder(RemoveFolder.newBuilder().setName(name)),
          CALL_LIMIT);
    } catch (Failure failure) {
      if (failure.kind() != FailureKind.NOT_FOUND) {
        throw failure;
      }
    }
  }

  @Override
  public String openLog(Path path) {
    String name = "log-" + UUID.randomUUID();
    LogHandover.check(machine.openLog(path, LogHandover.greeting(name)));
    return name;
  }

  @Override
  public void closeLog(Path path) {
    machine.closeLog(path);
  }

  @Override
  public String cgroupOf(String container) {
    return record.cgroupParent() + "/" + container;
  }

  @Override
  public String endReason() {
    try {
      MachineEnd end = machine.ended().get(END_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
      return "the sandbox's machine ended: "
          + (end.kind() == MachineEnd.Kind.OFF ? end.reason() : MachineLog.endOf(record));
    } catch (TimeoutException alive) {
      return "the sandbox's guest agent is gone, its machine is not";
    } catch (ExecutionException error) {
      return "the sandbox's machine ended";
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      return "the sandbox's machine ended";
    }
  }

  @Override
  public void close() {
    agent.close();
  }
}
