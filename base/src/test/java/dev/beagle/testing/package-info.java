/** Fixtures that every module's tests share. */
@NullMarked
package dev.beagle.testing;

import org.jspecify.annotations.NullMarked;
