/** Tests of the figures of disks. */
@NullMarked
package dev.beagle.node.stats;

import org.jspecify.annotations.NullMarked;
