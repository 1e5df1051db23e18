/** What tests of several image packages use: tars made by hand, a registry, images in memory. */
@NullMarked
package dev.beagle.image.testing;

import org.jspecify.annotations.NullMarked;
