/** Tests of this package. */
@NullMarked
package dev.beagle.guestimage.cpio;

import org.jspecify.annotations.NullMarked;
