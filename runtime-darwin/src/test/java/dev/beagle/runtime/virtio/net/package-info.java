/** The network card, driven from the driver's side, with a socket for the switch. */
@NullMarked
package dev.beagle.runtime.virtio.net;

import org.jspecify.annotations.NullMarked;
