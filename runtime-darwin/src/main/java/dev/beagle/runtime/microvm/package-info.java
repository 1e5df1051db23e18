/**
 * Sandboxes that are virtual machines, one each. Begin with {@link
 * dev.beagle.runtime.microvm.MicroVmKind}; what a machine is stands in {@code runtime.launch}.
 */
@NullMarked
package dev.beagle.runtime.microvm;

import org.jspecify.annotations.NullMarked;
