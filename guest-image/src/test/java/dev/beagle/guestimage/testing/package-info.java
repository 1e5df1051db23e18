/**
 * The other side: keys that sign, packages and ELF files made by hand, an archive that serves them.
 */
@NullMarked
package dev.beagle.guestimage.testing;

import org.jspecify.annotations.NullMarked;
