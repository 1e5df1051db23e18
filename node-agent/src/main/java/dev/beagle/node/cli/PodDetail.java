package dev.beagle.node.cli;

import dev.beagle.cri.v1.PodSandboxState;
import dev.beagle.cri.v1.PodSandboxStatusRequest;
import dev.beagle.cri.v1.PodSandboxStatusResponse;
import dev.beagle.failure.Failure;
import dev.beagle.node.client.CallLimits;
import dev.beagle.node.client.CriClient;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What the list of pods does not say of one. Text that is not known is empty.
 *
 * @param address of a pod that is ready
 * @param kind its sandbox kind
 * @param reason why it is not ready
 */
record PodDetail(String address, String kind, String reason) {
  /** The reason of those that somebody stopped. */
  private static final String STOPPED = "stopped";

  private static final PodDetail UNKNOWN = new PodDetail("", "", "");

  /** Asks the daemon; nothing is known of a pod that was removed since it was listed. */
  static PodDetail of(CriClient client, String podId) {
    try {
      return of(
          client.runtime(
              CallLimits.QUERY,
              stub ->
                  stub.podSandboxStatus(
                      PodSandboxStatusRequest.newBuilder()
                          .setPodSandboxId(podId)
                          .setVerbose(true)
                          .build())));
    } catch (Failure gone) {
      return UNKNOWN;
    }
  }

  private static PodDetail of(PodSandboxStatusResponse response) {
    boolean ready = response.getStatus().getState() == PodSandboxState.SANDBOX_READY;
    JsonNode info = info(response.getInfoOrDefault("info", "{}"));
    return new PodDetail(
        ready ? response.getStatus().getNetwork().getIp() : "",
        info.path("runtimeType").asString(""),
        info.path("reason").asString(""));
  }

  private static JsonNode info(String json) {
    try {
      return JsonMapper.shared().readTree(json);
    } catch (JacksonException malformed) {
      throw Failure.corrupted("the daemon's word on a pod cannot be read", malformed);
    }
  }

  /** Whether it is not ready and nobody stopped it. */
  boolean endedByItself() {
    return !reason.isEmpty() && !reason.equals(STOPPED);
  }
}
