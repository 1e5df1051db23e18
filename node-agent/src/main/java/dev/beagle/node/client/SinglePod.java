package dev.beagle.node.client;

import dev.beagle.cri.v1.ContainerConfig;
import dev.beagle.cri.v1.CreateContainerRequest;
import dev.beagle.cri.v1.PodSandboxConfig;
import dev.beagle.cri.v1.RemovePodSandboxRequest;
import dev.beagle.cri.v1.RunPodSandboxRequest;
import dev.beagle.cri.v1.StartContainerRequest;
import dev.beagle.cri.v1.StopContainerRequest;
import dev.beagle.cri.v1.StopPodSandboxRequest;

/**
 * A pod with one container, made and ended step by step. What fails half way takes the pod with it.
 *
 * @param podId the sandbox
 * @param containerId its container
 */
public record SinglePod(CriClient client, String podId, String containerId) {
  /**
   * Runs the sandbox and creates the container; {@link #start()} starts it.
   *
   * @param kind the sandbox kind; empty for the node's default
   */
  public static SinglePod create(
      CriClient client, PodSandboxConfig pod, ContainerConfig container, String kind) {
    String podId = runSandbox(client, pod, kind);
    try {
      return new SinglePod(client, podId, createContainer(client, podId, pod, container));
    } catch (RuntimeException error) {
      remove(client, podId);
      throw error;
    }
  }

  /** RunPodSandbox; returns its id. */
  public static String runSandbox(CriClient client, PodSandboxConfig pod, String kind) {
    return client.runtime(
        CallLimits.CHANGE,
        stub ->
            stub.runPodSandbox(
                    RunPodSandboxRequest.newBuilder()
                        .setConfig(pod)
                        .setRuntimeHandler(kind)
                        .build())
                .getPodSandboxId());
  }

  /** CreateContainer; returns its id. */
  public static String createContainer(
      CriClient client, String podId, PodSandboxConfig pod, ContainerConfig container) {
    return client.runtime(
        CallLimits.CHANGE,
        stub ->
            stub.createContainer(
                    CreateContainerRequest.newBuilder()
                        .setPodSandboxId(podId)
                        .setSandboxConfig(pod)
                        .setConfig(container)
                        .build())
                .getContainerId());
  }

  /** StopPodSandbox and RemovePodSandbox. */
  public static void remove(CriClient client, String podId) {
    client.runtime(
        CallLimits.CHANGE,
        stub ->
            stub.stopPodSandbox(StopPodSandboxRequest.newBuilder().setPodSandboxId(podId).build()));
    client.runtime(
        CallLimits.CHANGE,
        stub ->
            stub.removePodSandbox(
                RemovePodSandboxRequest.newBuilder().setPodSandboxId(podId).build()));
  }

  /** StartContainer. */
  public void start() {
    client.runtime(
        CallLimits.CHANGE,
        stub ->
            stub.startContainer(
                StartContainerRequest.newBuilder().setContainerId(containerId).build()));
  }

  /**
   * StopContainer.
   *
   * @param graceSeconds before it is killed
   */
  public void stopContainer(int graceSeconds) {
    stopContainer(client, containerId, graceSeconds);
  }

  /** StopContainer of any container. */
  public static void stopContainer(CriClient client, String containerId, int graceSeconds) {
    client.runtime(
        CallLimits.CHANGE.plusSeconds(graceSeconds),
        stub ->
            stub.stopContainer(
                StopContainerRequest.newBuilder()
                    .setContainerId(containerId)
                    .setTimeout(graceSeconds)
                    .build()));
  }

  public void remove() {
    remove(client, podId);
  }
}
