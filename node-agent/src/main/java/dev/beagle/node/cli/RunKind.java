package dev.beagle.node.cli;

import dev.beagle.cri.v1.Mount;
import dev.beagle.cri.v1.RuntimeHandler;
import dev.beagle.cri.v1.StatusRequest;
import dev.beagle.cri.v1.StatusResponse;
import dev.beagle.failure.Failure;
import dev.beagle.host.HostPlatform;
import dev.beagle.node.client.CallLimits;
import dev.beagle.node.client.CriClient;
import dev.beagle.runtime.microvm.MicroVmKind;
import dev.beagle.runtime.microvm.MicroVmLimits;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The sandbox kind that the pod of a run will be of, known before anything is pulled or made.
 *
 * @param name empty where an older daemon does not tell
 * @param isDefault whether it is the node's, for which images are pulled
 */
record RunKind(String name, boolean isDefault) {
  /**
   * Asks the daemon.
   *
   * @param wanted as {@code --sandbox} named it; empty where it did not
   * @throws Failure INVALID_ARGUMENT when there is no such kind, UNSUPPORTED when it cannot run
   *     here
   */
  static RunKind of(CriClient client, String wanted) {
    StatusResponse status =
        client.runtime(
            CallLimits.QUERY,
            stub -> stub.status(StatusRequest.newBuilder().setVerbose(true).build()));
    List<String> usable =
        status.getRuntimeHandlersList().stream()
            .map(RuntimeHandler::getName)
            .filter(name -> !name.isEmpty())
            .toList();
    JsonNode kinds = kinds(status.getInfoOrDefault("sandboxKinds", "{}"));
    String standard = kinds.propertyStream().map(Map.Entry::getKey).findFirst().orElse("");
    if (wanted.isEmpty() || wanted.equals(standard)) {
      return new RunKind(standard, true);
    }
    if (usable.contains(wanted)) {
      return new RunKind(wanted, false);
    }
    String problem = kinds.path(wanted).asString("");
    String usableHere = usable.isEmpty() ? "" : "; what runs here: " + String.join(", ", usable);
    throw problem.isEmpty()
        ? Failure.invalidArgument("--sandbox " + wanted + ": no such kind" + usableHere)
        : Failure.unsupported(
            "--sandbox %s: cannot run here: %s%s".formatted(wanted, problem, usableHere));
  }

  /** Names with their problems, the default first. */
  private static JsonNode kinds(String json) {
    try {
      return JsonMapper.shared().readTree(json);
    } catch (JacksonException malformed) {
      throw Failure.corrupted("the daemon's status cannot be read", malformed);
    }
  }

  /**
   * @throws Failure INVALID_ARGUMENT for what the daemon would refuse after the boot
   */
  void requireMounts(List<Mount> mounts) {
    if (microVm()) {
      for (Mount mount : mounts) {
        if (!mount.getReadonly()) {
          throw MicroVmLimits.writable(mount.getHostPath(), mount.getContainerPath());
        }
      }
    }
  }

  /** Whether it runs programs for an architecture; also where nobody knows either. */
  boolean runs(String architecture, HostPlatform host) {
    String own = microVm() ? MicroVmKind.ARCHITECTURE : host.architecture();
    return name.isEmpty() || architecture.isEmpty() || architecture.equals(own);
  }

  private boolean microVm() {
    return name.equals(MicroVmKind.NAME);
  }
}
