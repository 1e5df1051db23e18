@NullMarked
package dev.beagle.runtime.devicetree;

import org.jspecify.annotations.NullMarked;
