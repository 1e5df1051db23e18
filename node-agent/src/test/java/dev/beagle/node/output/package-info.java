/** Tests of what is written. */
@NullMarked
package dev.beagle.node.output;

import org.jspecify.annotations.NullMarked;
