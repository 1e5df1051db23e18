/** Tests of the connections to a daemon. */
@NullMarked
package dev.beagle.node.client;

import org.jspecify.annotations.NullMarked;
