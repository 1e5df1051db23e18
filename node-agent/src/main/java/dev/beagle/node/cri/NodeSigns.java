package dev.beagle.node.cri;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * What the parts of a node have to say to an operator, asked at any time.
 *
 * @param damagedRecords files of records that were set aside
 * @param hostInterfaceProblem what is wrong with the way from this host to its pods
 * @param undeletedFiles what removed containers wrote and could not be deleted, and why
 */
public record NodeSigns(
    Supplier<List<Path>> damagedRecords,
    Supplier<Optional<String>> hostInterfaceProblem,
    Supplier<Map<Path, String>> undeletedFiles) {}
