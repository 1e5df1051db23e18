/** What the node's parts take of the machine: disks. Start at {@link NodeDiskUsage}. */
@NullMarked
package dev.beagle.node.stats;

import org.jspecify.annotations.NullMarked;
