package dev.beagle.node.cri;

import dev.beagle.runtime.pod.PodNetworks;
import dev.beagle.runtime.pod.PodRuntime;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * What the CRI services stand on.
 *
 * @param damagedRecords files of records that were set aside
 * @param hostInterfaceProblem what is wrong with the way from this machine to its pods
 */
public record CriBackend(
    PodRuntime runtime,
    PodNetworks networks,
    NodeImages images,
    NodeDisks disks,
    Supplier<List<Path>> damagedRecords,
    Supplier<Optional<String>> hostInterfaceProblem,
    StreamUrls streams) {}
