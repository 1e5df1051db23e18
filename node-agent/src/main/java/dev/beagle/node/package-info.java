/**
 * The node: {@link dev.beagle.node.Main} is where every {@code beagle} command starts, {@code
 * NodeDaemon} is where the daemon's parts are put together.
 */
@NullMarked
package dev.beagle.node;

import org.jspecify.annotations.NullMarked;
