/** Tests of the node as a whole: its launcher, its composition. */
@NullMarked
package dev.beagle.node;

import org.jspecify.annotations.NullMarked;
