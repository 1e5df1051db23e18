@NullMarked
package dev.beagle.runtime.machine;

import org.jspecify.annotations.NullMarked;
