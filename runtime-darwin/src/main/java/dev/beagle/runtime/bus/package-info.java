/**
 * Addresses outside of a guest's RAM, and the devices that stand there. Begin with {@link
 * dev.beagle.runtime.bus.MmioBus}.
 */
@NullMarked
package dev.beagle.runtime.bus;

import org.jspecify.annotations.NullMarked;
