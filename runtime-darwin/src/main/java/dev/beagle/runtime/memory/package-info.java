/**
 * A guest's RAM as the devices see it: checked, little-endian views. Begin with {@link
 * dev.beagle.runtime.memory.GuestMemory}.
 *
 * <p>Every address and length here came from a guest. What does not fit is its violation, never an
 * exception of the memory beneath.
 */
@NullMarked
package dev.beagle.runtime.memory;

import org.jspecify.annotations.NullMarked;
