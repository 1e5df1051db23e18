package dev.beagle.runtime.namespaces;

import dev.beagle.lifecycle.Closer;
import dev.beagle.runtime.guest.DescriptorHandover;
import dev.beagle.runtime.guest.GuestAgent;
import dev.beagle.runtime.guest.wire.AddFolder;
import dev.beagle.runtime.posix.Descriptor;
import dev.beagle.runtime.world.AgentFolders;
import dev.beagle.runtime.world.World;
import dev.beagle.runtime.world.WorldFolder;
import dev.beagle.runtime.world.WorldFolder.Access;
import dev.beagle.runtime.world.WorldRecord;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/** A sandbox's agent on this host; folders reach it as descriptors of detached mounts. */
final class NamespacesWorld implements World {
  private final WorldRecord record;
  private final Path socket;
  private final GuestAgent agent;
  private final LayerMounts layers;
  private final AtomicLong nextDescriptor = new AtomicLong();
  private final AgentFolders present;

  /**
   * @param folders what the agent has already
   */
  NamespacesWorld(
      WorldRecord record,
      Path socket,
      GuestAgent agent,
      LayerMounts layers,
      Collection<String> folders) {
    this.record = record;
    this.socket = socket;
    this.agent = agent;
    this.layers = layers;
    this.present = new AgentFolders(agent, folders);
  }

  @Override
  public GuestAgent agent() {
    return agent;
  }

  @Override
  public synchronized void addFolders(List<WorldFolder> folders) {
    Map<String, Descriptor> descriptors = new LinkedHashMap<>();
    Map<String, AddFolder> requests = new LinkedHashMap<>();
    try (Closer closer = new Closer()) {
      for (WorldFolder folder : folders) {
        if (present.contains(folder.name()) || requests.containsKey(folder.name())) {
          continue;
        }
        String descriptor = nextDescriptorName();
        descriptors.put(descriptor, closer.register(open(folder)));
        requests.put(
            folder.name(),
            AddFolder.newBuilder()
                .setName(folder.name())
                .setHandedOver(descriptor)
                .setReadOnly(readOnly(folder))
                .build());
      }
      if (descriptors.isEmpty()) {
        return;
      }
      DescriptorHandover.send(socket, descriptors);
    }
    requests.values().forEach(present::add);
  }

  private String nextDescriptorName() {
    return "d" + nextDescriptor.getAndIncrement();
  }

  private Descriptor open(WorldFolder folder) {
    return switch (folder) {
      case WorldFolder.Host(_, Path path, Access access) ->
          access == Access.READ_ONLY
              ? Descriptor.cloneReadOnly(path)
              : Descriptor.cloneTree(path, true);
      case WorldFolder.Written(_, Path path) -> Descriptor.cloneTree(path, true);
      case WorldFolder.Layer(_, String diffId, Path image) -> layers.open(diffId, image);
    };
  }

  private static boolean readOnly(WorldFolder folder) {
    return switch (folder) {
      case WorldFolder.Host(_, _, Access access) -> access != Access.WRITABLE;
      case WorldFolder.Written _ -> false;
      case WorldFolder.Layer _ -> true;
    };
  }

  @Override
  public synchronized void removeFolders(List<String> names) {
    present.remove(names);
  }

  @Override
  public String openLog(Path path) {
    String name = "log" + nextDescriptorName();
    try (Descriptor log = Descriptor.openLog(path)) {
      DescriptorHandover.send(socket, Map.of(name, log));
    }
    return name;
  }

  @Override
  public String cgroupOf(String container) {
    return record.cgroupParent() + "/" + container;
  }

  @Override
  public void close() {
    agent.close();
  }
}
