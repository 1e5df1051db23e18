/** Tests of this package. */
@NullMarked
package dev.beagle.guestimage.elf;

import org.jspecify.annotations.NullMarked;
