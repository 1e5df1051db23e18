/** What tests of several image packages use: tar archives made by hand. */
@NullMarked
package dev.beagle.image.testing;

import org.jspecify.annotations.NullMarked;
