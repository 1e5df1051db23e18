package dev.beagle.runtime.pod;

import java.util.Map;

/**
 * Limits of a container as CRI's LinuxContainerResources says them: zero or empty is "not set".
 *
 * @param cpuPeriod microseconds
 * @param cpuQuota microseconds per period; -1 for unlimited
 * @param cpuShares cgroup v1 weight, 2 to 262144
 * @param memoryLimitBytes bytes
 * @param memorySwapLimitBytes memory and swap together, bytes
 * @param oomScoreAdj -1000 to 1000
 * @param unified cgroup v2 files and values
 */
public record ResourceSpec(
    long cpuPeriod,
    long cpuQuota,
    long cpuShares,
    long memoryLimitBytes,
    long memorySwapLimitBytes,
    long oomScoreAdj,
    String cpusetCpus,
    String cpusetMems,
    Map<String, String> unified) {
  public ResourceSpec {
    unified = Map.copyOf(unified);
  }

  public static ResourceSpec unlimited() {
    return new ResourceSpec(0, 0, 0, 0, 0, 0, "", "", Map.of());
  }
}
