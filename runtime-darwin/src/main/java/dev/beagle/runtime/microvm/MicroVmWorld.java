package dev.beagle.runtime.microvm;

import dev.beagle.runtime.guest.GuestAgent;
import dev.beagle.runtime.guest.LogHandover;
import dev.beagle.runtime.guest.wire.AddFolder;
import dev.beagle.runtime.launch.MachineProcess;
import dev.beagle.runtime.pod.PodNetwork;
import dev.beagle.runtime.world.AgentFolders;
import dev.beagle.runtime.world.World;
import dev.beagle.runtime.world.WorldFolder;
import dev.beagle.runtime.world.WorldRecord;
import dev.beagle.time.Time;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;

/** A machine with its agent; folders reach it as entries of its export. */
final class MicroVmWorld implements World {
  private static final Duration END_LIMIT = Duration.ofSeconds(2);

  private final WorldRecord record;
  private final MachineProcess machine;
  private final GuestAgent agent;
  private final Path portSocket;
  private final AgentFolders present;
  private final Time time;

  /**
   * @param folders what the agent has already
   */
  MicroVmWorld(
      WorldRecord record,
      MachineProcess machine,
      GuestAgent agent,
      Path portSocket,
      List<String> folders,
      Time time) {
    this.record = record;
    this.machine = machine;
    this.agent = agent;
    this.portSocket = portSocket;
    this.time = time;
    this.present = new AgentFolders(agent, folders);
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
        try {
          present.add(request(folder).build());
        } catch (RuntimeException failure) {
          machine.unexport(folder.name()); // nothing that nobody uses is shown to the guest
          throw failure;
        }
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
    present.remove(names);
    // Also what the agent never heard of: a daemon may have died between the two.
    names.forEach(machine::unexport);
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
      return machine.awaitEnd(END_LIMIT, time)
          ? "the sandbox's machine ended: " + MachineLog.endOf(record)
          : "the sandbox's guest agent is gone, its machine is not";
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
