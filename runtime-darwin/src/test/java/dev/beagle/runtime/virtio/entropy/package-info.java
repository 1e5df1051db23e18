/** The source of random bytes, driven from the driver's side. */
@NullMarked
package dev.beagle.runtime.virtio.entropy;

import org.jspecify.annotations.NullMarked;
