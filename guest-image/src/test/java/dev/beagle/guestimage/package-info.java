/** The image as a whole, and its disk. */
@NullMarked
package dev.beagle.guestimage;

import org.jspecify.annotations.NullMarked;
