/** Tests of this package. */
@NullMarked
package dev.beagle.guestimage.archive;

import org.jspecify.annotations.NullMarked;
