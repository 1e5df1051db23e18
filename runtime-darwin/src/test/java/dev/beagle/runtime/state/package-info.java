@NullMarked
package dev.beagle.runtime.state;

import org.jspecify.annotations.NullMarked;
