/** The guest's source of random bytes (virtio 1.2, section 5.4). */
@NullMarked
package dev.beagle.runtime.virtio.entropy;

import org.jspecify.annotations.NullMarked;
