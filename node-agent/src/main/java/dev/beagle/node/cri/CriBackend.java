package dev.beagle.node.cri;

import dev.beagle.runtime.pod.PodNetworks;
import dev.beagle.runtime.pod.PodRuntime;

/** What the CRI services stand on. */
public record CriBackend(
    PodRuntime runtime,
    PodNetworks networks,
    NodeImages images,
    NodeDisks disks,
    NodeSigns signs,
    StreamUrls streams) {}
