/** The file system, driven by a FUSE client over the rings. */
@NullMarked
package dev.beagle.runtime.virtio.fs;

import org.jspecify.annotations.NullMarked;
