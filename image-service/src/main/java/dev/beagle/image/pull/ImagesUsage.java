package dev.beagle.image.pull;

import java.nio.file.Path;

/** What all images take together (CRI's ImageFsInfo). */
public record ImagesUsage(Path folder, long usedBytes, long usedInodes) {}
