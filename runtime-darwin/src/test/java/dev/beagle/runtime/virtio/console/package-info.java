/** The guest's terminal, driven from the driver's side. */
@NullMarked
package dev.beagle.runtime.virtio.console;

import org.jspecify.annotations.NullMarked;
