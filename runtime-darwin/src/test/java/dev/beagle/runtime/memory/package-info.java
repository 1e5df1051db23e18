@NullMarked
package dev.beagle.runtime.memory;

import org.jspecify.annotations.NullMarked;
