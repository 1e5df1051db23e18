package dev.beagle.node.cri;

import dev.beagle.cri.v1.ListPodSandboxRequest;
import dev.beagle.cri.v1.ListPodSandboxResponse;
import dev.beagle.cri.v1.PodSandboxStatusRequest;
import dev.beagle.cri.v1.PodSandboxStatusResponse;
import dev.beagle.cri.v1.RemovePodSandboxRequest;
import dev.beagle.cri.v1.RemovePodSandboxResponse;
import dev.beagle.cri.v1.RunPodSandboxRequest;
import dev.beagle.cri.v1.RunPodSandboxResponse;
import dev.beagle.cri.v1.StopPodSandboxRequest;
import dev.beagle.cri.v1.StopPodSandboxResponse;
import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.runtime.pod.PodRuntime;
import dev.beagle.runtime.pod.Sandbox;
import dev.beagle.runtime.pod.SandboxKindStatus;
import dev.beagle.runtime.pod.SandboxSpec;
import java.time.Duration;
import java.util.List;

/** Calls about sandboxes. Thread-safe. */
final class SandboxCalls {
  private final PodRuntime runtime;
  private final CriObjects objects;

  SandboxCalls(PodRuntime runtime, CriObjects objects) {
    this.runtime = runtime;
    this.objects = objects;
  }

  /** Goes on when the client leaves: its retry of the same name gets the sandbox. */
  RunPodSandboxResponse run(RunPodSandboxRequest request) {
    SandboxSpec spec = SandboxRequests.spec(request, Caller.owner());
    checkKind(spec.kind());
    try {
      return RunPodSandboxResponse.newBuilder()
          .setPodSandboxId(runtime.runSandbox(spec).id().value())
          .build();
    } catch (Failure failure) {
      throw ofField(PodsByName.in(failure, runtime.sandboxes()));
    }
  }

  private void checkKind(String name) {
    List<SandboxKindStatus> kinds = runtime.kinds();
    if (name.isEmpty()) {
      return;
    }
    for (SandboxKindStatus kind : kinds) {
      if (kind.name().equals(name)) {
        if (!kind.usable()) {
          throw Fields.refused("runtime_handler", name + " cannot run here: " + kind.problem());
        }
        return;
      }
    }
    throw Fields.refused(
        "runtime_handler",
        "\"" + name + "\" is not one of " + kinds.stream().map(SandboxKindStatus::name).toList());
  }

  /**
   * The core's UNSUPPORTED is about something in the request. As UNIMPLEMENTED it would say that
   * the call is not there, and clients do without such calls.
   */
  static Failure ofField(Failure failure) {
    return failure.kind() == FailureKind.UNSUPPORTED
        ? Failure.of(FailureKind.INVALID_ARGUMENT, failure.reason(), failure)
        : failure;
  }

  /** As containerd: what still runs is killed. A kubelet has stopped the containers before. */
  StopPodSandboxResponse stop(StopPodSandboxRequest request) {
    objects
        .findSandbox(request.getPodSandboxId())
        .ifPresent(sandbox -> ifPresent(() -> sandbox.stop(Duration.ZERO)));
    return StopPodSandboxResponse.getDefaultInstance();
  }

  RemovePodSandboxResponse remove(RemovePodSandboxRequest request) {
    objects.findSandbox(request.getPodSandboxId()).ifPresent(sandbox -> ifPresent(sandbox::remove));
    return RemovePodSandboxResponse.getDefaultInstance();
  }

  /** Stops and removals succeed without the object, also when it goes while they look at it. */
  static void ifPresent(Runnable step) {
    try {
      step.run();
    } catch (Failure failure) {
      if (failure.kind() != FailureKind.NOT_FOUND) {
        throw failure;
      }
    }
  }

  PodSandboxStatusResponse status(PodSandboxStatusRequest request) {
    Sandbox sandbox = objects.requireSandbox(request.getPodSandboxId());
    PodSandboxStatusResponse.Builder response =
        PodSandboxStatusResponse.newBuilder().setStatus(CriTranslation.status(sandbox));
    if (request.getVerbose()) {
      response.putAllInfo(VerboseInfo.of(sandbox));
    }
    return response.build();
  }

  ListPodSandboxResponse list(ListPodSandboxRequest request) {
    return ListPodSandboxResponse.newBuilder()
        .addAllItems(
            objects.sandboxes().stream()
                .filter(sandbox -> CriFilters.matches(request.getFilter(), sandbox))
                .map(CriTranslation::listed)
                .toList())
        .build();
  }
}
