@NullMarked
package dev.beagle.runtime.launch;

import org.jspecify.annotations.NullMarked;
