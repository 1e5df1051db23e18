package dev.beagle.node.cri;

import java.nio.file.Path;

/**
 * What the CRI says of this node.
 *
 * @param version the product's version
 * @param root where images and disks are
 * @param run where what runs is recorded
 * @param recursiveReadOnlyMounts whether mounts can be read-only with all their submounts
 */
public record CriNode(String version, Path root, Path run, boolean recursiveReadOnlyMounts) {}
