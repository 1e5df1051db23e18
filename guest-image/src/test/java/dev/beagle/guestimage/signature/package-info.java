/** Tests of this package. */
@NullMarked
package dev.beagle.guestimage.signature;

import org.jspecify.annotations.NullMarked;
