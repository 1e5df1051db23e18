/** Tests of this package. */
@NullMarked
package dev.beagle.guestimage.deb;

import org.jspecify.annotations.NullMarked;
