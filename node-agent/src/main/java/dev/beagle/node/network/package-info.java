/**
 * The joint between the switch process and the core: pod networks, host ports, the host interface.
 */
@NullMarked
package dev.beagle.node.network;

import org.jspecify.annotations.NullMarked;
