package dev.beagle.node.cri;

import dev.beagle.runtime.pod.PodNetworks;
import dev.beagle.runtime.pod.PodRuntime;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;

/**
 * What the CRI services stand on.
 *
 * @param damagedRecords files of records that were set aside
 */
public record CriBackend(
    PodRuntime runtime,
    PodNetworks networks,
    NodeImages images,
    NodeDisks disks,
    Supplier<List<Path>> damagedRecords,
    StreamUrls streams) {}
