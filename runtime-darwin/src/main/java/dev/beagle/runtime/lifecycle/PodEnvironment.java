package dev.beagle.runtime.lifecycle;

import dev.beagle.runtime.pod.PodNetworks;
import dev.beagle.runtime.pod.RootFilesystems;
import dev.beagle.runtime.state.RecordStore;
import dev.beagle.time.Time;
import java.nio.file.Path;

/**
 * What every pod is given to work with.
 *
 * @param containerFolder under ROOT: a folder per container with what it writes
 */
public record PodEnvironment(
    RecordStore records,
    RootFilesystems images,
    PodNetworks networks,
    Path containerFolder,
    String bootId,
    Time time) {}
