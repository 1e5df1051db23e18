/** A network in memory: guests, links that lose frames, sockets of a host that is not there. */
@NullMarked
package dev.beagle.net.testing;

import org.jspecify.annotations.NullMarked;
