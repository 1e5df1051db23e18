/** The joint between the switch process and the core: pod networks, host ports, the host's port. */
@NullMarked
package dev.beagle.node.network;

import org.jspecify.annotations.NullMarked;
