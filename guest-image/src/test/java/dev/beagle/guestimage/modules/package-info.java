/** Tests of this package. */
@NullMarked
package dev.beagle.guestimage.modules;

import org.jspecify.annotations.NullMarked;
