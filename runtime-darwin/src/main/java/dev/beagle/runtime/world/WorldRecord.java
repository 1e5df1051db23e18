package dev.beagle.runtime.world;

import dev.beagle.runtime.pod.SandboxId;

/**
 * Enough to find a world again, or what is left of it.
 *
 * @param folder of this sandbox under RUN: sockets and the agent's log
 * @param cgroupParent the cgroup that holds the agent's and the containers' cgroups
 * @param ownsCgroupParent whether that is ours to remove
 */
public record WorldRecord(
    SandboxId sandbox, String folder, String cgroupParent, boolean ownsCgroupParent) {}
