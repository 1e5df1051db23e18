package dev.beagle.runtime.pod;

import java.time.Instant;

/**
 * What a container uses, read from its cgroup.
 *
 * @param cpuNanos cumulative CPU time, nanoseconds
 * @param workingSetBytes memory usage less inactive file cache
 * @param memoryLimitBytes 0 when unlimited
 */
public record ContainerUsage(
    Instant at,
    long cpuNanos,
    long memoryUsageBytes,
    long workingSetBytes,
    long rssBytes,
    long pageFaults,
    long majorPageFaults,
    long memoryLimitBytes,
    long processes) {}
