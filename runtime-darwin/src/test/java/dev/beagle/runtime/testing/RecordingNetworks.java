package dev.beagle.runtime.testing;

import dev.beagle.failure.Failure;
import dev.beagle.runtime.pod.PodNetwork;
import dev.beagle.runtime.pod.PodNetworks;
import dev.beagle.runtime.pod.SandboxId;
import dev.beagle.runtime.pod.SandboxSpec;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Gives every sandbox the same address and remembers who has one. */
public final class RecordingNetworks implements PodNetworks {
  private final Set<SandboxId> attached = new LinkedHashSet<>();
  private boolean refusing;

  public synchronized Set<SandboxId> attached() {
    return Set.copyOf(attached);
  }

  /** Whether attaching fails. */
  public synchronized void refuse(boolean newSandboxes) {
    refusing = newSandboxes;
  }

  @Override
  public synchronized PodNetwork attach(SandboxId id, SandboxSpec spec) {
    if (refusing) {
      throw Failure.exhausted("no address left");
    }
    attached.add(id);
    try {
      InetAddress gateway = InetAddress.getByName("10.88.0.1");
      return new PodNetwork(
          "02:00:0a:58:00:02",
          1500,
          List.of(new PodNetwork.Address(InetAddress.getByName("10.88.0.2"), 16)),
          gateway,
          gateway,
          Path.of("/nowhere/port.sock"),
          id.shortForm(),
          "00");
    } catch (UnknownHostException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  @Override
  public synchronized void detach(SandboxId id) {
    attached.remove(id);
  }

  @Override
  public synchronized void retain(Set<SandboxId> known) {
    attached.retainAll(known);
  }

  @Override
  public String problem() {
    return "";
  }
}
