/**
 * The OCI runtime spec's {@code config.json} from what a client asked for. Pure but for a seccomp
 * profile file that a client names. Read {@link dev.beagle.runtime.oci.ContainerConfig} first.
 */
@NullMarked
package dev.beagle.runtime.oci;

import org.jspecify.annotations.NullMarked;
