@NullMarked
package dev.beagle.runtime.lifecycle;

import org.jspecify.annotations.NullMarked;
