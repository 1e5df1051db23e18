/**
 * Flattened device trees, format version 17 (Devicetree Specification v0.4, chapter 5). Begin with
 * {@link dev.beagle.runtime.devicetree.DeviceTree}. Pure.
 */
@NullMarked
package dev.beagle.runtime.devicetree;

import org.jspecify.annotations.NullMarked;
