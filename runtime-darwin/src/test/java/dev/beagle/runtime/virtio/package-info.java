/** Split rings, driven from the driver's side. */
@NullMarked
package dev.beagle.runtime.virtio;

import org.jspecify.annotations.NullMarked;
