@NullMarked
package dev.beagle.runtime.bus;

import org.jspecify.annotations.NullMarked;
