/** The guest's terminal {@code hvc0} (virtio 1.2, section 5.3), with one port. */
@NullMarked
package dev.beagle.runtime.virtio.console;

import org.jspecify.annotations.NullMarked;
