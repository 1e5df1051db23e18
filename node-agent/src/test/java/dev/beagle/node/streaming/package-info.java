/** Tests of the streaming endpoint. */
@NullMarked
package dev.beagle.node.streaming;

import org.jspecify.annotations.NullMarked;
